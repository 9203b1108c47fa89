<?php

declare(strict_types=1);

use Defentry\Mock\InDefentrySandbox;
use Illuminate\Config\Repository;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Testing\TestCase;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Http;
use Illuminate\Testing\ParallelTesting;

/** A Laravel application whose client reads its base URL from the configuration, as the README of this package shows. */
final class LaravelTest extends TestCase
{
    use InDefentrySandbox;

    public function createApplication(): Application
    {
        $app = new Application(sys_get_temp_dir());
        $app->instance('config', new Repository(['services' => ['defentry' => ['url' => 'https://api.example.com']]]));
        Facade::setFacadeApplication($app);
        $app->singleton(ParallelTesting::class, static fn () => new ParallelTesting($app));
        return $app;
    }

    protected function setUp(): void
    {
        parent::setUp();
        config(['services.defentry.url' => $this->defentry->baseUrl]);
    }

    public function testTheClientOfTheApplicationReachesTheSandbox(): void
    {
        $user = $this->defentry->sso + ['email' => $this->defentry->accounts[1]['email']];
        $token = Http::post(config('services.defentry.url') . '/api/v1/sso/token', $user)->throw()->json('token');
        $added = Http::withToken($token)->withHeaders(['X-API-Version' => '2026-06-12'])->post(
            config('services.defentry.url') . '/api/v1/email-watchlist',
            ['email' => 'erika@example.com']
        );
        self::assertFalse($added->json('data.is_confirmed'));
        self::assertCount(1, $this->defentry->outbox(to: 'erika@example.com', wait: 5));
    }

    public function testAFakeOfAnotherHostLeavesTheSandboxInReach(): void
    {
        Http::fake(['other.example/*' => Http::response(['other' => true])]);
        self::assertTrue(Http::get('https://other.example/')->json('other'));
        self::assertSame(401, Http::get(config('services.defentry.url') . '/api/v1/email-watchlist')->status());
        self::assertCount(1, $this->defentry->requests());
    }
}
