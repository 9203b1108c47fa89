<?php

declare(strict_types=1);

namespace Defentry\Mock;

/** The mock could not be found or started, or refused a control call; the message says which and why. */
final class MockError extends \RuntimeException
{
}
