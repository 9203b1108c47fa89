<?php

declare(strict_types=1);

namespace Defentry\Mock;

/** A server of the mock. packages/RULES.md in the repository of the mock has the rules that this follows. */
final class Server
{
    private const FLAGS = ['--listen', '127.0.0.1:0', '--stop-with-stdin', '--log-format', 'json'];
    private const FIRST_LINE = 'listening on ';
    private const START_SECONDS = 10;
    private const STOP_SECONDS = 5;
    private const REPORTED_LINES = 20;

    private static ?self $shared = null;

    /**
     * @param string $baseUrl its URL, without a slash at the end
     * @param resource|null $process of a server that was started here
     * @param array<int, resource> $pipes its standard input and output
     * @param resource|null $log a temporary file with its standard error
     */
    private function __construct(
        public readonly string $baseUrl,
        private $process = null,
        private array $pipes = [],
        private $log = null,
    ) {
    }

    /** The server of this process, which is started with the first call and stops at the end. */
    public static function shared(): self
    {
        if (self::$shared === null) {
            self::$shared = self::start();
            register_shutdown_function([self::$shared, 'stop']);
        }
        return self::$shared;
    }

    /**
     * The server that DEFENTRY_BASE_URL names, or else one that is started now.
     *
     * @throws MockError there is no binary, or it did not start
     */
    public static function start(): self
    {
        $named = getenv('DEFENTRY_BASE_URL');
        if (is_string($named) && $named !== '') {
            return new self(rtrim($named, '/'));
        }
        $command = [self::findBinary(), ...self::FLAGS];
        // A file, because a pipe that nobody reads would fill up.
        $log = tmpfile();
        $process = $log === false ? false : proc_open($command, [['pipe', 'r'], ['pipe', 'w'], $log], $pipes);
        if ($process === false) {
            throw new MockError(implode(' ', $command) . ': it cannot be started');
        }
        $line = self::firstLine($pipes[1]);
        $server = new self(trim(substr($line, strlen(self::FIRST_LINE))), $process, $pipes, $log);
        if (str_starts_with($line, self::FIRST_LINE)) {
            return $server;
        }
        $server->stop();
        $told = trim($line);
        throw new MockError(implode(' ', $command) . " did not start: it printed \"$told\", and said:\n{$server->log()}");
    }

    /**
     * The path of the binary: that of DEFENTRY_MOCK_BINARY, the one in the folder `bin` of this package, or the one on
     * PATH.
     *
     * @throws MockError there is none
     */
    public static function findBinary(): string
    {
        $named = getenv('DEFENTRY_MOCK_BINARY');
        if (is_string($named) && $named !== '') {
            if (is_file($named)) {
                return $named;
            }
            throw new MockError("DEFENTRY_MOCK_BINARY names $named, and no file is there");
        }
        $file = PHP_OS_FAMILY === 'Windows' ? 'mock-server.exe' : 'mock-server';
        $folders = [dirname(__DIR__) . '/bin', ...explode(PATH_SEPARATOR, getenv('PATH') ?: '')];
        foreach ($folders as $folder) {
            if ($folder !== '' && is_file("$folder/$file")) {
                return "$folder/$file";
            }
        }
        throw new MockError(
            'no mock-server was found: put it on PATH, let DEFENTRY_MOCK_BINARY name it, or let DEFENTRY_BASE_URL ' .
            'name a mock that runs'
        );
    }

    /**
     * Makes a world of its own.
     *
     * @param string|array<string, mixed>|null $seed what it starts from: "default", "empty" or a whole seed
     * @param array<string, mixed> $assume assumptions to set, as in ['id.form' => 'uuid']
     *
     * @throws MockError the server refused it, or does not answer
     */
    public function sandbox(string|array|null $seed = null, array $assume = []): Sandbox
    {
        $body = ($seed === null ? [] : ['seed' => $seed]) + ($assume === [] ? [] : ['assume' => $assume]);
        return new Sandbox($this, Control::call($this->baseUrl, 'POST', 'sandboxes', (object) $body));
    }

    /** The end of the log of a server that was started here. */
    public function log(): string
    {
        if ($this->log === null) {
            return '';
        }
        // By its name: a handle shares its position with the server, which writes there.
        $lines = file(stream_get_meta_data($this->log)['uri']) ?: [];
        return implode('', array_slice($lines, -self::REPORTED_LINES));
    }

    /** Whether a server that was started here has ended. */
    public function hasEnded(): bool
    {
        return $this->process !== null && !(is_resource($this->process) && proc_get_status($this->process)['running']);
    }

    /** Stops the server if it was started here. */
    public function stop(): void
    {
        if (!is_resource($this->process)) {
            return;
        }
        // The server stops at the end of its input.
        fclose($this->pipes[0]);
        // Its output ends with it.
        stream_set_blocking($this->pipes[1], false);
        $limit = microtime(true) + self::STOP_SECONDS;
        while (!feof($this->pipes[1]) && microtime(true) < $limit) {
            $read = [$this->pipes[1]];
            $none = null;
            stream_select($read, $none, $none, self::STOP_SECONDS);
            fread($this->pipes[1], 1024);
        }
        if (!feof($this->pipes[1])) {
            proc_terminate($this->process, 9);
        }
        fclose($this->pipes[1]);
        proc_close($this->process);
    }

    /**
     * The first line, or what came of it until the time was over or the output ended.
     *
     * @param resource $out
     */
    private static function firstLine($out): string
    {
        stream_set_blocking($out, false);
        $limit = microtime(true) + self::START_SECONDS;
        $text = '';
        while (!str_contains($text, "\n") && !feof($out) && microtime(true) < $limit) {
            $read = [$out];
            $none = null;
            stream_select($read, $none, $none, self::START_SECONDS);
            $text .= fread($out, 1024);
        }
        return explode("\n", $text)[0];
    }
}
