<?php
// Asked by record.py: reads {function: [input, …]} and writes {function: [[input, answer], …]}. Texts are bytes, written as
// the characters with their numbers, since JSON has no bytes; arrays are lists of pairs, since JSON objects have no order.
ini_set('display_errors', 'stderr');
error_reporting(0);

function bytes($text) { return utf8_decode($text); }
function told($value)
{
    if (is_array($value)) {
        $pairs = [];
        foreach ($value as $key => $member) {
            $pairs[] = [told((string) $key), told($member)];
        }
        return $pairs;
    }
    return is_string($value) ? utf8_encode($value) : $value;
}
function table($pairs)
{
    $table = [];
    foreach ($pairs as [$key, $value]) {
        $table[bytes($key)] = bytes($value);
    }
    return $table;
}

$functions = [
    'parse_str' => function ($text) { parse_str(bytes($text), $values); return $values; },
    'intval' => fn ($value) => (int) (is_string($value) ? bytes($value) : $value),
    'strval' => fn ($value) => (string) $value,
    'is_numeric' => fn ($text) => is_numeric(bytes($text)),
    'floatval' => fn ($text) => (string) (float) bytes($text),
    'empty' => fn ($value) => empty($value),
    'trim' => fn ($text) => trim(bytes($text)),
    'filter_int' => fn ($text) => filter_var(bytes($text), FILTER_VALIDATE_INT),
    'htmlspecialchars' => fn ($text) => htmlspecialchars(bytes($text)),
    'json' => fn ($text) => json_encode(bytes($text)),
    'json_hex' => fn ($text) => json_encode(bytes($text), JSON_HEX_TAG | JSON_HEX_APOS | JSON_HEX_AMP | JSON_HEX_QUOT),
    'http_build_query' => fn ($pairs) => http_build_query(table($pairs)),
    'base64_decode' => fn ($text) => base64_decode(bytes($text), true),
];
$answers = ['version' => PHP_VERSION];
foreach (json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR) as $name => $inputs) {
    $answers[$name] = array_map(fn ($input) => [$input, told($functions[$name]($input))], $inputs);
}
echo json_encode($answers, JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
