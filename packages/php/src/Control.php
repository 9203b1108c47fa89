<?php

declare(strict_types=1);

namespace Defentry\Mock;

/**
 * Calls of control routes.
 *
 * @internal
 */
final class Control
{
    /**
     * The JSON of a control route's response.
     *
     * @throws MockError the server refused it, or does not answer
     */
    public static function call(string $baseUrl, string $method, string $route, mixed $body = null): mixed
    {
        $url = "$baseUrl/_mock/$route";
        // PHP's streams take no proxy from the environment: the server is on this machine.
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => ['Content-Type: application/json', 'Connection: close'],
            'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
            'protocol_version' => 1.1,
            'ignore_errors' => true,
        ]]);
        $stream = @fopen($url, 'r', false, $context);
        if ($stream === false) {
            throw new MockError("$method $url: " . (error_get_last()['message'] ?? 'no answer'));
        }
        $status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
        $text = stream_get_contents($stream);
        fclose($stream);
        $answer = json_decode((string) $text, true);
        if ($status >= 400) {
            throw new MockError("$method $url: $status " . ($answer['error'] ?? $text));
        }
        return $answer;
    }
}
