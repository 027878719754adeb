# A script with Perl's Net::OAuth: BASE KEY SECRET TOKEN TOKEN_SECRET JPEG SKU
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64;
use Net::OAuth;
use URI::Escape qw(uri_escape_utf8);

$Net::OAuth::PROTOCOL_VERSION = Net::OAuth::PROTOCOL_VERSION_1_0A;
my ($base, $key, $secret, $token, $token_secret, $jpeg, $sku) = @ARGV;
my $agent = HTTP::Tiny->new;
my $count = 0;

sub call {
    my ($method, $path, $fields) = @_;
    my $request = Net::OAuth->request('protected resource')->new(
        consumer_key => $key, consumer_secret => $secret, token => $token, token_secret => $token_secret,
        request_url => $base . $path, request_method => $method, signature_method => 'HMAC-SHA1',
        timestamp => time, nonce => join('', map { int rand 10 } 1 .. 20) . $count++,
    );
    $request->sign;
    my %headers = (
        Authorization => $request->to_authorization_header,
        Accept => 'application/json', 'Content-Type' => 'application/json',
    );
    my %options = (headers => \%headers);
    $options{content} = encode_json($fields) if $fields;
    my $answer = $agent->request($method, $base . $path, \%options);
    die "$method $path: $answer->{status} $answer->{content}" unless $answer->{status} == 200;
    return $answer;
}

open my $file, '<:raw', $jpeg or die $!;
my $bytes = do { local $/; <$file> };
my $images = '/api/rest/products/' . uri_escape_utf8(decode_utf8($sku)) . '/images';
my $image = call('POST', $images, {
    file_mime_type => 'image/jpeg', file_content => encode_base64($bytes), file_name => 'front', label => 'Größe & <b>',
})->{headers}{location};
call('PUT', $image, { position => 3, types => ['image'] });
call('PUT', "$image/store/german", { label => 'Vorne' });
# of a name that comes twice this library signs the first value, which no server takes, so the list is written with commas
my $listed = decode_json(call('GET', "$images?attrs=id%2Clabel&filter%5B1%5D%5Blike%5D=a%25b%20c")->{content});
my $german = decode_json(call('GET', "$image/store/german")->{content});
call('DELETE', $image);
print encode_json({ listed => $listed, german => $german, left => decode_json(call('GET', $images)->{content}) });
