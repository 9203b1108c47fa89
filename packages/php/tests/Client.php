<?php

declare(strict_types=1);

use Defentry\Mock\Sandbox;

/** The client under test, for the second account of a sandbox. */
final class Client
{
    public int $status = 0;
    private string $token = '';

    public function __construct(private readonly Sandbox $sandbox)
    {
    }

    public function logIn(): void
    {
        $this->token = '';
        $user = $this->sandbox->sso + ['email' => $this->sandbox->accounts[1]['email']];
        $this->token = $this->call('POST', '/api/v1/sso/token', $user)['token'];
    }

    /** @return array<string, mixed> */
    public function call(string $method, string $path, mixed $body = null): array
    {
        $headers = ['Content-Type: application/json', 'X-API-Version: 2026-06-12', 'Connection: close'];
        if ($this->token !== '') {
            $headers[] = "Authorization: Bearer $this->token";
        }
        $http = ['method' => $method, 'header' => $headers, 'ignore_errors' => true];
        if ($body !== null) {
            $http['content'] = json_encode($body, JSON_THROW_ON_ERROR);
        }
        $stream = fopen($this->sandbox->baseUrl . $path, 'r', false, stream_context_create(['http' => $http]));
        $this->status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
        return json_decode(stream_get_contents($stream), true, flags: JSON_THROW_ON_ERROR);
    }
}
