<?php
// A script with PHP's OAuth extension: BASE KEY SECRET TOKEN TOKEN_SECRET JPEG SKU
[, $base, $key, $secret, $token, $tokenSecret, $jpeg, $sku] = $argv;
$oauth = new OAuth($key, $secret, OAUTH_SIG_METHOD_HMACSHA1, OAUTH_AUTH_TYPE_AUTHORIZATION);
$oauth->setToken($token, $tokenSecret);
$headers = ['Content-Type' => 'application/json', 'Accept' => 'application/json'];

function call(string $method, string $path, ?array $fields = null): string {
    global $oauth, $base, $headers;
    $body = $fields === null ? null : json_encode($fields);
    try {
        $oauth->fetch($base . $path, $body, $method, $headers);
    } catch (OAuthException $error) {
        fwrite(STDERR, "$method $path: {$error->getMessage()} {$error->lastResponse}\n");
        exit(1);
    }
    return (string) $oauth->getLastResponse();
}

$images = '/api/rest/products/' . urlencode($sku) . '/images';
call('POST', $images, [
    'file_mime_type' => 'image/jpeg', 'file_content' => base64_encode(file_get_contents($jpeg)),
    'file_name' => 'front', 'label' => 'Größe & <b>',
]);
preg_match('/^Location: (.+)$/mi', $oauth->getLastResponseHeaders(), $found);
$image = trim($found[1]);
call('PUT', $image, ['position' => 3, 'types' => ['image']]);
call('PUT', $image . '/store/german', ['label' => 'Vorne']);
// of a name that comes twice this library signs the last value
$listed = json_decode(call('GET', $images . '?attrs%5B%5D=id&attrs%5B%5D=label&filter%5B1%5D%5Blike%5D=a%25b%20c'), true);
$german = json_decode(call('GET', $image . '/store/german'), true);
call('DELETE', $image);
echo json_encode(['listed' => $listed, 'german' => $german, 'left' => json_decode(call('GET', $images), true)]);
