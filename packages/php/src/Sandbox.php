<?php

declare(strict_types=1);

namespace Defentry\Mock;

/** A world of its own on a server of the mock. */
final class Sandbox
{
    private const REPORTED_REQUESTS = 20;

    /** Its id, which is part of its base URL. */
    public readonly string $id;

    /** What the client under test takes as base URL. */
    public readonly string $baseUrl;

    /** @var array{username: string, password: string, token: string} the CRM credentials of the first partner */
    public readonly array $crm;

    /** @var array{client_id: string, client_secret: string} the SSO client of the first partner */
    public readonly array $sso;

    /** @var list<array{id: int|string, partner: int, email: string, app_token: ?string}> the accounts of the seed */
    public readonly array $accounts;

    /** @param array<string, mixed> $made its description, as the server gave it */
    public function __construct(private readonly Server $server, array $made)
    {
        $this->id = $made['id'];
        $this->baseUrl = $made['base_url'];
        $this->crm = $made['crm'] ?? [];
        $this->sso = $made['sso'] ?? [];
        $this->accounts = $made['accounts'];
    }

    /**
     * Calls a control route of this sandbox, as in control('POST', 'faults', […]), and returns its JSON.
     *
     * @throws MockError the server refused it, or does not answer
     */
    public function control(string $method, string $route, mixed $body = null): mixed
    {
        return Control::call($this->baseUrl, $method, $route, $body);
    }

    /**
     * The messages that users were sent, oldest first; waits at most so many seconds for the first one.
     *
     * @return list<array<string, mixed>>
     */
    public function outbox(?string $to = null, ?int $wait = null): array
    {
        return $this->control('GET', 'outbox?' . http_build_query(['to' => $to, 'wait' => $wait]))['messages'];
    }

    /**
     * Puts a value into a breach: every account that watches it, now or later, gets an alarm.
     *
     * @param array<string, mixed> $fields
     */
    public function leak(string $kind, string $value, array $fields = []): void
    {
        $this->control('POST', 'leaks', ['kind' => $kind, 'value' => $value] + $fields);
    }

    /** Moves the clock of this sandbox; tokens, codes and links expire by it. */
    public function advance(int $seconds): void
    {
        $this->control('PUT', 'clock', ['advance_seconds' => $seconds]);
    }

    /**
     * What the client under test has sent, oldest first, with statuses, facts and hints.
     *
     * @return list<array<string, mixed>>
     */
    public function requests(): array
    {
        return $this->control('GET', 'requests')['requests'];
    }

    /** The last requests and their hints as text, or the end of the log of a server that has ended. */
    public function report(): string
    {
        if ($this->server->hasEnded()) {
            return "the Defentry mock has ended; its log ends with:\n{$this->server->log()}";
        }
        try {
            $requests = $this->requests();
        } catch (MockError $error) {
            return $error->getMessage();
        }
        if ($requests === []) {
            return "the Defentry mock at $this->baseUrl saw no requests";
        }
        $lines = ["the Defentry mock at $this->baseUrl saw these requests:"];
        $earlier = count($requests) - self::REPORTED_REQUESTS;
        if ($earlier > 0) {
            $lines[] = "  … $earlier earlier ones";
        }
        foreach (array_slice($requests, -self::REPORTED_REQUESTS) as $request) {
            $status = $request['status'] ?? 'no response';
            $token = $request['token'] === 'none' ? 'no' : $request['token'];
            $lines[] = "  {$request['method']} {$request['path']} → $status ($token token)";
            if (isset($request['fault'])) {
                $lines[] = '    fault: ' . json_encode($request['fault'], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
            }
            if (isset($request['hint'])) {
                $lines[] = "    hint: {$request['hint']}";
            }
        }
        return implode("\n", $lines);
    }

    /** Ends it. What it held is gone. */
    public function end(): void
    {
        Control::call($this->server->baseUrl, 'DELETE', "sandboxes/$this->id");
    }
}
