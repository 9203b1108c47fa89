<?php

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/../src/' . substr($class, strlen('Defentry\\Mock\\')) . '.php';
    if (str_starts_with($class, 'Defentry\\Mock\\') && is_file($file)) {
        require $file;
    }
});
require __DIR__ . '/Client.php';
