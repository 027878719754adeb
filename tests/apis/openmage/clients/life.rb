# A script with Ruby's oauth gem: BASE KEY SECRET TOKEN TOKEN_SECRET JPEG SKU
require 'base64'
require 'erb'
require 'json'
require 'oauth'

base, key, secret, token, token_secret, jpeg, sku = ARGV
consumer = OAuth::Consumer.new(key, secret, site: base)
ACCESS = OAuth::AccessToken.new(consumer, token, token_secret)
HEADERS = { 'Content-Type' => 'application/json', 'Accept' => 'application/json' }.freeze

def call(method, path, fields = nil)
  body = fields && JSON.generate(fields)
  answer = body ? ACCESS.send(method, path, body, HEADERS) : ACCESS.send(method, path, HEADERS)
  raise "#{method} #{path}: #{answer.code} #{answer.body}" unless answer.code == '200'

  answer
end

images = "/api/rest/products/#{ERB::Util.url_encode(sku)}/images"
image = call(:post, images, {
  file_mime_type: 'image/jpeg', file_content: Base64.strict_encode64(File.binread(jpeg)),
  file_name: 'front', label: 'Größe & <b>'
})['Location']
call(:put, image, { position: 3, types: ['image'] })
call(:put, "#{image}/store/german", { label: 'Vorne' })
listed = JSON.parse(call(:get, "#{images}?attrs%5B%5D=id&attrs%5B%5D=label&filter%5B1%5D%5Blike%5D=a%25b%20c").body)
german = JSON.parse(call(:get, "#{image}/store/german").body)
call(:delete, image)
puts JSON.generate({ listed: listed, german: german, left: JSON.parse(call(:get, images).body) })
