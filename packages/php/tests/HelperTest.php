<?php

declare(strict_types=1);

use Defentry\Mock\MockError;
use Defentry\Mock\Server;
use PHPUnit\Framework\TestCase;

/** How the helper finds, starts and stops the server, and what a failed test shows. */
final class HelperTest extends TestCase
{
    /** @var array<string, string|false> */
    private array $before = [];

    protected function setUp(): void
    {
        $this->set('DEFENTRY_BASE_URL', '');
    }

    protected function tearDown(): void
    {
        foreach ($this->before as $name => $value) {
            putenv($value === false ? $name : "$name=$value");
        }
    }

    public function testItStartsAndStops(): void
    {
        $server = Server::start();
        self::assertTrue(self::answers($server->baseUrl));
        $this->set('DEFENTRY_BASE_URL', "$server->baseUrl/");
        $same = Server::start();
        self::assertSame($server->baseUrl, $same->baseUrl);
        $same->stop();
        self::assertTrue(self::answers($server->baseUrl));
        $server->stop();
        self::assertFalse(self::answers($server->baseUrl));
        self::assertTrue($server->hasEnded());
    }

    public function testAWrongSettingSaysWhatIsWrong(): void
    {
        $this->set('DEFENTRY_MOCK_BINARY', '/absent');
        $this->expectExceptionObject(new MockError('DEFENTRY_MOCK_BINARY names /absent, and no file is there'));
        Server::start();
    }

    public function testAServerThatDoesNotStartSaysWhy(): void
    {
        $this->set('MOCK_ASSUME', 'no.such=key');
        $this->expectException(MockError::class);
        $this->expectExceptionMessage('--assume no.such=key');
        Server::start();
    }

    public function testARefusedControlCallSaysWhy(): void
    {
        $this->expectException(MockError::class);
        $this->expectExceptionMessageMatches('~POST .*/_mock/leaks: 400 .*kind~');
        Server::shared()->sandbox()->leak('shoe', '42');
    }

    public function testAFailedTestShowsWhatTheMockSaw(): void
    {
        $phpunit = [PHP_BINARY, $_SERVER['argv'][0], '--configuration', dirname(__DIR__) . '/phpunit.xml'];
        $process = proc_open([...$phpunit, __DIR__ . '/failing/FailingTest.php'], [1 => ['pipe', 'w']], $pipes);
        $out = stream_get_contents($pipes[1]);
        self::assertSame(1, proc_close($process), $out);
        self::assertMatchesRegularExpression('~the Defentry mock at http://127.0.0.1:\d+/_sandbox/.* saw these~', $out);
        self::assertStringContainsString('  GET /api/v1/email-watchlist → 401 (no token)', $out);
        self::assertStringContainsString('    hint: ', $out);
        self::assertStringContainsString('Failed asserting that 401 is identical to 200.', $out);
    }

    public function testNoServerIsLeftWhenTheTestsAreKilled(): void
    {
        if (PHP_OS_FAMILY === 'Windows') {
            self::markTestSkipped('kills by a signal');
        }
        $bootstrap = var_export(__DIR__ . '/bootstrap.php', true);
        $code = "require $bootstrap; echo Defentry\\Mock\\Server::shared()->baseUrl, PHP_EOL; fgets(STDIN);";
        $tests = proc_open([PHP_BINARY, '-r', $code], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        $address = substr(trim(fgets($pipes[1])), strlen('http://'));
        $connection = stream_socket_client("tcp://$address");
        fwrite($connection, "GET /_mock/health HTTP/1.1\r\nHost: $address\r\n\r\n");
        self::assertSame("HTTP/1.1 200 OK\r\n", fgets($connection));
        proc_terminate($tests, 9);
        // A connection that is kept alive ends with the server.
        stream_set_timeout($connection, 20);
        stream_get_contents($connection);
        self::assertFalse(stream_get_meta_data($connection)['timed_out']);
        proc_close($tests);
    }

    private function set(string $name, string $value): void
    {
        $this->before += [$name => getenv($name)];
        putenv("$name=$value");
    }

    private static function answers(string $baseUrl): bool
    {
        return @file_get_contents("$baseUrl/_mock/health") !== false;
    }
}
