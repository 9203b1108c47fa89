<?php

declare(strict_types=1);

namespace Defentry\Mock;

use PHPUnit\Framework\Attributes\After;
use PHPUnit\Framework\Attributes\Before;
use PHPUnit\Framework\IncompleteTest;
use PHPUnit\Framework\SkippedTest;

/**
 * Gives each test of a PHPUnit TestCase a sandbox. Its message shows what the mock saw when it fails.
 *
 * The annotations are for PHPUnit 9, the attributes for later ones.
 */
trait InDefentrySandbox
{
    /** The sandbox of this test; its baseUrl is for the client under test. */
    protected Sandbox $defentry;

    private ?string $defentryReport = null;

    /** Makes the sandbox of a test. Override it to set a seed or assumptions. */
    protected function makeDefentrySandbox(): Sandbox
    {
        return Server::shared()->sandbox();
    }

    /** @before */
    #[Before]
    protected function openDefentrySandbox(): void
    {
        $this->defentry = $this->makeDefentrySandbox();
    }

    /** @after */
    #[After]
    protected function endDefentrySandbox(): void
    {
        // PHPUnit says that a test has failed only when its sandbox is gone.
        $this->defentryReport = $this->defentry->report();
        $this->defentry->end();
    }

    protected function onNotSuccessfulTest(\Throwable $failure): never
    {
        $isFailure = !$failure instanceof SkippedTest && !$failure instanceof IncompleteTest;
        if ($isFailure && $this->defentryReport !== null) {
            // A new exception would hide the place and the difference that this one shows.
            $class = new \ReflectionClass($failure instanceof \Error ? \Error::class : \Exception::class);
            $message = $class->getProperty('message');
            $message->setValue($failure, $failure->getMessage() . "\n\n" . $this->defentryReport);
        }
        throw $failure;
    }
}
