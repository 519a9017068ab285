# The echo server of Mojolicious. See python_servers.py.
use Mojolicious::Lite -signatures;
use Mojo::Server::Daemon;

my ($port, $cert, $key) = @ARGV;

websocket '/' => sub ($c) {
    $c->tx->max_websocket_size(64 << 20);
    $c->tx->with_compression;
    $c->tx->with_protocols('chat');
    $c->inactivity_timeout(60);
    $c->on(text => sub ($c, $bytes) {
        if    ($bytes eq '!ping')  { $c->send([1, 0, 0, 0, 9, 'p1']) }
        elsif ($bytes eq '!close') { $c->finish(4001 => 'bye') }
        else                       { $c->send({text => $bytes}) }
    });
    $c->on(binary => sub ($c, $bytes) { $c->send({binary => $bytes}) });
};

my $listen = $cert ? "https://127.0.0.1:$port?cert=$cert&key=$key" : "http://127.0.0.1:$port";
app->log->level('fatal');
Mojo::Server::Daemon->new(app => app, listen => [$listen], silent => 1)->run;
