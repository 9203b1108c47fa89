<?php

declare(strict_types=1);

use Defentry\Mock\InDefentrySandbox;
use Defentry\Mock\Server;
use PHPUnit\Framework\TestCase;

/** The five steps of packages/RULES.md. */
final class JourneyTest extends TestCase
{
    use InDefentrySandbox;

    public function testJourney(): void
    {
        $client = new Client($this->defentry);
        $address = $this->defentry->accounts[1]['email'];

        $client->logIn();
        $added = $client->call('POST', '/api/v1/email-watchlist', ['email' => $address]);
        self::assertFalse($added['data']['is_confirmed']);

        [$message] = $this->defentry->outbox(to: $address, wait: 5);
        file_get_contents($message['link']);
        $list = $client->call('GET', '/api/v1/email-watchlist');
        self::assertSame([true], array_column($list['data'], 'is_confirmed'));

        $this->defentry->leak('email', $address, ['title' => 'Exempelbutiken']);
        [$alarm] = $client->call('GET', '/api/v1/alarms')['data'];
        self::assertSame('Exempelbutiken', $alarm['title']);
        $closed = $client->call('GET', "/api/v1/alarms/{$alarm['id']}/close");
        self::assertSame('CLOSED', $closed['data']['status']);

        $this->defentry->advance(3600);
        $client->call('GET', '/api/v1/email-watchlist');
        self::assertSame(401, $client->status);
        $client->logIn();
        $client->call('GET', '/api/v1/email-watchlist');
        self::assertSame(200, $client->status);
    }

    public function testTwoSandboxesDoNotSeeEachOther(): void
    {
        $other = Server::shared()->sandbox(assume: ['id.form' => 'uuid']);
        $client = new Client($this->defentry);
        $client->logIn();
        $client->call('POST', '/api/v1/email-watchlist', ['email' => 'erika@example.com']);
        self::assertCount(1, $this->defentry->outbox());
        self::assertSame([], $other->outbox());
        self::assertSame([], $other->requests());
        self::assertIsString($other->accounts[1]['id']);
        $other->end();
        $empty = Server::shared()->sandbox(seed: 'empty');
        self::assertSame([], $empty->accounts);
        $empty->end();
    }
}
