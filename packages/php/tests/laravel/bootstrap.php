<?php

declare(strict_types=1);

require 'Illuminate/autoload.php';
require 'GuzzleHttp/autoload.php';
require __DIR__ . '/../bootstrap.php';
