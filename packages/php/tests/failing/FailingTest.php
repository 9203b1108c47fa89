<?php

declare(strict_types=1);

use Defentry\Mock\InDefentrySandbox;
use PHPUnit\Framework\TestCase;

/** A test that fails, for HelperTest. */
final class FailingTest extends TestCase
{
    use InDefentrySandbox;

    public function testAListWithoutAToken(): void
    {
        $client = new Client($this->defentry);
        $client->call('GET', '/api/v1/email-watchlist');
        self::assertSame(200, $client->status);
    }
}
