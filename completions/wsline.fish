# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_wsline_global_optspecs
    string join \n H/header= A/user-agent= o/origin= s/subprotocol= u/user= bearer= netrc netrc-file= cookie= k/insecure cacert= servername= cert= key= pass= tls-min= tls-max= L/location max-redirs= 4/ipv4 6/ipv6 resolve= connect-to= unix-socket= x/proxy= U/proxy-user= proxy-header= noproxy= connect-timeout= m/max-time= w/wait= close-timeout= ping-interval= ping-timeout= 'reconnect=?' reconnect-on= no-pong on-connect= every= i/interactive 0/null delay= b/binary n/max-messages= rules= strict json binary-as= timestamps hide= P/show-ping-pong v/verbose q/quiet timing color= show-secrets record= history= no-history keep= vi config= no-config close-code= close-reason= force frame-size= compress= max-message-size= expect= expect-match= expect-json= expect-hex= expect-close= expect-ping expect-status= expect-header= expect-silence= within= e/statement= close d/data= data-binary= data-hex= data-raw= t/text chunk-size= 1/one h/help V/version
end

function __fish_wsline_needs_command
    # Prints the command, which is the first word. Without one, options are completed.
    set -l words (commandline -opc)
    if contains -- "$words[2]" test echo demo ping rpc bench curl config generate help
        echo $words[2]
        return 1
    end
    return 0
end

function __fish_wsline_is_first_word
    test (count (commandline -opc)) -eq 1
end

function __fish_wsline_needs_url
    __fish_wsline_needs_command >/dev/null
    or return
    set -l words (commandline -opc)
    set -e words[1]
    # Fails if the last option still misses its value.
    argparse (__fish_wsline_global_optspecs) -- $words 2>/dev/null
    or return 0
    not set -q argv[1]
end

function __fish_wsline_using_subcommand
    set -l cmd (__fish_wsline_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c wsline -n "__fish_wsline_needs_command" -s H -l header -d 'Add a header to the upgrade request (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_needs_command" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_needs_command" -s s -l subprotocol -d 'Offer a subprotocol (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s u -l user -d 'HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_needs_command" -l bearer -d 'Bearer token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l netrc-file -d 'Read credentials from FILE instead of ~/.netrc' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l cookie -d 'Send cookies (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l cacert -d 'Trust the CA certificates in FILE (PEM)' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l servername -d 'Host name for SNI and certificate checks' -r
complete -c wsline -n "__fish_wsline_needs_command" -l cert -d 'Client certificate (PEM or PKCS#12)' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l key -d 'Private key of the client certificate (PEM)' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l pass -d 'Passphrase of the private key' -r
complete -c wsline -n "__fish_wsline_needs_command" -l tls-min -d 'Minimum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_needs_command" -l tls-max -d 'Maximum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_needs_command" -l max-redirs -d 'Maximum number of redirects to follow [default: 10]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l resolve -d 'Resolve HOST:PORT to these addresses (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -s x -l proxy -d 'Connect through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_needs_command" -s U -l proxy-user -d 'Credentials for the proxy' -r
complete -c wsline -n "__fish_wsline_needs_command" -l proxy-header -d 'Send a header to the proxy (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l noproxy -d 'Hosts to connect to without a proxy' -r
complete -c wsline -n "__fish_wsline_needs_command" -l connect-timeout -d 'Maximum time to connect (DNS to upgrade)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s m -l max-time -d 'Maximum total time' -r
complete -c wsline -n "__fish_wsline_needs_command" -s w -l wait -d 'Keep listening this long after input ends [default: 1s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l close-timeout -d 'Maximum time to wait for the server\'s Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l ping-interval -d 'Send a Ping every TIME' -r
complete -c wsline -n "__fish_wsline_needs_command" -l ping-timeout -d 'Maximum silence after a Ping [default: the interval]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l reconnect -d 'Connect again after a lost or refused connection'
complete -c wsline -n "__fish_wsline_needs_command" -l reconnect-on -d 'Also reconnect after these close codes and HTTP statuses' -r
complete -c wsline -n "__fish_wsline_needs_command" -l on-connect -d 'Send TEXT first on every connection (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l every -d 'Send TEXT every TIME (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l delay -d 'Wait between sent messages' -r
complete -c wsline -n "__fish_wsline_needs_command" -s n -l max-messages -d 'Close after receiving N messages' -r
complete -c wsline -n "__fish_wsline_needs_command" -l rules -d 'Answer and filter messages by the rules in FILE' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l binary-as -d 'Format of binary messages' -r -f -a "raw\t'The bytes unchanged'
hex\t'One line of hexadecimal digits'
base64\t'One line of base64'
skip\t'Not printed'"
complete -c wsline -n "__fish_wsline_needs_command" -l hide -d 'Don\'t show text messages that match REGEX (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_needs_command" -l record -d 'Record the conversation to FILE (.ws, .har, .jsonl)' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l history -d 'File for the prompt\'s history' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l keep -d 'Keep the last N messages at the prompt [default: 1000]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l close-code -d 'Close code to send: 1000 or 3000-4999' -r
complete -c wsline -n "__fish_wsline_needs_command" -l close-reason -d 'Close reason to send, at most 123 bytes' -r
complete -c wsline -n "__fish_wsline_needs_command" -l frame-size -d 'Maximum payload of a sent frame' -r
complete -c wsline -n "__fish_wsline_needs_command" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it and let the server decide'
off\t'Do not offer it'
require\t'Require it'"
complete -c wsline -n "__fish_wsline_needs_command" -l max-message-size -d 'Maximum size of a received message' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect -d 'Expect this text message (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-match -d 'Expect a text message that matches REGEX' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-json -d 'Expect JSON that contains JSON' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-hex -d 'Expect a binary message with these bytes' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-close -d 'Expect the connection to be closed with CODE, or any' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-status -d 'Expect this HTTP status in response to the upgrade' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-header -d 'Expect this header in the response to the upgrade' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-silence -d 'Expect no message for TIME' -r
complete -c wsline -n "__fish_wsline_needs_command" -l within -d 'Timeout for the preceding expectation [default: 5s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -s e -l statement -d 'Run a statement of a session file (repeatable)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s d -l data -d 'Send a text message (repeatable; @FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-binary -d 'Send a binary message (@FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-hex -d 'Send hexadecimal bytes as a binary message' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-raw -d 'Send TEXT as a text message, even if it starts with @' -r
complete -c wsline -n "__fish_wsline_needs_command" -l chunk-size -d 'Maximum message size with --binary [default: 64K]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l netrc -d 'Read credentials from ~/.netrc'
complete -c wsline -n "__fish_wsline_needs_command" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_needs_command" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_needs_command" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_needs_command" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_needs_command" -l no-pong -d 'Don\'t answer Pings'
complete -c wsline -n "__fish_wsline_needs_command" -s i -l interactive -d 'Continue with stdin or the prompt after --data'
complete -c wsline -n "__fish_wsline_needs_command" -s 0 -l null -d 'Separate messages with NUL instead of line feeds'
complete -c wsline -n "__fish_wsline_needs_command" -s b -l binary -d 'Send stdin as binary messages, not line by line'
complete -c wsline -n "__fish_wsline_needs_command" -l strict -d 'Require each expectation to match the very next message'
complete -c wsline -n "__fish_wsline_needs_command" -l json -d 'Read and write JSON lines'
complete -c wsline -n "__fish_wsline_needs_command" -l timestamps -d 'Print the time before each message'
complete -c wsline -n "__fish_wsline_needs_command" -s P -l show-ping-pong -d 'Show Pings and Pongs'
complete -c wsline -n "__fish_wsline_needs_command" -s v -l verbose -d 'Show the handshake; -vv also frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_needs_command" -s q -l quiet -d 'Print only errors to stderr'
complete -c wsline -n "__fish_wsline_needs_command" -l timing -d 'Show how long each step of connecting took'
complete -c wsline -n "__fish_wsline_needs_command" -l show-secrets -d 'Show credentials instead of ***'
complete -c wsline -n "__fish_wsline_needs_command" -l no-history -d 'Do not read or write a history'
complete -c wsline -n "__fish_wsline_needs_command" -l vi -d 'Use vi key bindings at the prompt'
complete -c wsline -n "__fish_wsline_needs_command" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_needs_command" -l force -d 'Allow close codes that RFC 6455 forbids'
complete -c wsline -n "__fish_wsline_needs_command" -l expect-ping -d 'Expect a Ping from the server'
complete -c wsline -n "__fish_wsline_needs_command" -l close -d 'Send a Close here'
complete -c wsline -n "__fish_wsline_needs_command" -s t -l text -d 'Send stdin line by line as text; overrides --binary'
complete -c wsline -n "__fish_wsline_needs_command" -s 1 -l one -d 'Same as --max-messages 1'
complete -c wsline -n "__fish_wsline_needs_command" -s h -l help -d 'Show this help; --help shows more'
complete -c wsline -n "__fish_wsline_needs_command" -s V -l version -d 'Show the version'
complete -c wsline -n "__fish_wsline_is_first_word" -a "test" -d 'Run session files against a server'
complete -c wsline -n "__fish_wsline_is_first_word" -a "echo" -d 'Run an echo server for testing'
complete -c wsline -n "__fish_wsline_is_first_word" -a "demo" -d 'Connect to a built-in echo server'
complete -c wsline -n "__fish_wsline_is_first_word" -a "ping" -d 'Measure round trips to a server, like ping(8)'
complete -c wsline -n "__fish_wsline_is_first_word" -a "rpc" -d 'Call a method by JSON-RPC and print its result'
complete -c wsline -n "__fish_wsline_is_first_word" -a "bench" -d 'Measure throughput and latency under load'
complete -c wsline -n "__fish_wsline_is_first_word" -a "curl" -d 'Run a browser\'s "Copy as cURL" command'
complete -c wsline -n "__fish_wsline_is_first_word" -a "config" -d 'Show the config file, its targets, and what is in effect'
complete -c wsline -n "__fish_wsline_is_first_word" -a "generate" -d 'Print shell completions or the man page'
complete -c wsline -n "__fish_wsline_is_first_word" -a "help" -d 'Print help about a topic or a command'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand test" -s j -l jobs -d 'Run N files in parallel' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l filter -d 'Run only files whose paths contain TEXT (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l tag -d 'Run only files with this tag (repeatable; !TAG excludes)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l var -d 'Set the variable that files write as ${NAME} (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l secret -d 'Hide the value of this variable in reports (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l url -d 'Connect to this URL instead of the one in the files' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand test" -l within -d 'Timeout of expectations for which the files set none' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l retries -d 'Run a file that fails up to N more times' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l junit -d 'Write a JUnit XML report to FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand test" -l serve -d 'Start a server first, and stop it afterwards' -r -f -a "(__fish_complete_command)"
complete -c wsline -n "__fish_wsline_using_subcommand test" -l ready -d 'Wait until a server accepts a WebSocket at URL' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand test" -l speed -d 'Replay the pauses of a record, N times as fast' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l ignore -d 'Ignore differences in received JSON at POINTER (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_using_subcommand test" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l bail -d 'Stop after the first failure'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l json -d 'Print a JSON object for each file and a summary'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l untrusted -d 'Restrict session files that come from someone else'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s v -l verbose -d 'Print each statement to stderr as it is run'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s q -l quiet -d 'Print only files that did not pass'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l cert -d 'Server certificate with its chain (PEM), or PKCS#12' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l key -d 'Private key (PEM), if it is not in the file of --cert' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l pass -d 'Passphrase of the private key, or env:NAME, or @FILE' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l delay -d 'Wait this long before each reply' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l max-message-size -d 'Maximum size of a received message' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l max-connections -d 'Maximum number of open connections' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l tls -d 'Use TLS (requires --cert)'
complete -c wsline -n "__fish_wsline_using_subcommand echo" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s H -l header -d 'Add a header to the upgrade request (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s s -l subprotocol -d 'Offer a subprotocol (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s u -l user -d 'HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l bearer -d 'Bearer token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l netrc-file -d 'Read credentials from FILE instead of ~/.netrc' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cookie -d 'Send cookies (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cacert -d 'Trust the CA certificates in FILE (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l servername -d 'Host name for SNI and certificate checks' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cert -d 'Client certificate (PEM or PKCS#12)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l key -d 'Private key of the client certificate (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l pass -d 'Passphrase of the private key' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l tls-min -d 'Minimum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l tls-max -d 'Maximum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l max-redirs -d 'Maximum number of redirects to follow [default: 10]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l resolve -d 'Resolve HOST:PORT to these addresses (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s x -l proxy -d 'Connect through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s U -l proxy-user -d 'Credentials for the proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l proxy-header -d 'Send a header to the proxy (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l noproxy -d 'Hosts to connect to without a proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l connect-timeout -d 'Maximum time to connect (DNS to upgrade)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s m -l max-time -d 'Maximum total time' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s w -l wait -d 'Keep listening this long after input ends [default: 1s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-timeout -d 'Maximum time to wait for the server\'s Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l ping-interval -d 'Send a Ping every TIME' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l ping-timeout -d 'Maximum silence after a Ping [default: the interval]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l reconnect -d 'Connect again after a lost or refused connection'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l reconnect-on -d 'Also reconnect after these close codes and HTTP statuses' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l on-connect -d 'Send TEXT first on every connection (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l every -d 'Send TEXT every TIME (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l delay -d 'Wait between sent messages' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s n -l max-messages -d 'Close after receiving N messages' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l rules -d 'Answer and filter messages by the rules in FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l binary-as -d 'Format of binary messages' -r -f -a "raw\t'The bytes unchanged'
hex\t'One line of hexadecimal digits'
base64\t'One line of base64'
skip\t'Not printed'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l hide -d 'Don\'t show text messages that match REGEX (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l record -d 'Record the conversation to FILE (.ws, .har, .jsonl)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l history -d 'File for the prompt\'s history' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l keep -d 'Keep the last N messages at the prompt [default: 1000]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-code -d 'Close code to send: 1000 or 3000-4999' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-reason -d 'Close reason to send, at most 123 bytes' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l frame-size -d 'Maximum payload of a sent frame' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it and let the server decide'
off\t'Do not offer it'
require\t'Require it'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l max-message-size -d 'Maximum size of a received message' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect -d 'Expect this text message (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-match -d 'Expect a text message that matches REGEX' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-json -d 'Expect JSON that contains JSON' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-hex -d 'Expect a binary message with these bytes' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-close -d 'Expect the connection to be closed with CODE, or any' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-status -d 'Expect this HTTP status in response to the upgrade' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-header -d 'Expect this header in the response to the upgrade' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-silence -d 'Expect no message for TIME' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l within -d 'Timeout for the preceding expectation [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s e -l statement -d 'Run a statement of a session file (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s d -l data -d 'Send a text message (repeatable; @FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-binary -d 'Send a binary message (@FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-hex -d 'Send hexadecimal bytes as a binary message' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-raw -d 'Send TEXT as a text message, even if it starts with @' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l chunk-size -d 'Maximum message size with --binary [default: 64K]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l netrc -d 'Read credentials from ~/.netrc'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l no-pong -d 'Don\'t answer Pings'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s i -l interactive -d 'Continue with stdin or the prompt after --data'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 0 -l null -d 'Separate messages with NUL instead of line feeds'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s b -l binary -d 'Send stdin as binary messages, not line by line'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l strict -d 'Require each expectation to match the very next message'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l json -d 'Read and write JSON lines'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l timestamps -d 'Print the time before each message'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s P -l show-ping-pong -d 'Show Pings and Pongs'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s v -l verbose -d 'Show the handshake; -vv also frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s q -l quiet -d 'Print only errors to stderr'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l timing -d 'Show how long each step of connecting took'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l show-secrets -d 'Show credentials instead of ***'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l no-history -d 'Do not read or write a history'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l vi -d 'Use vi key bindings at the prompt'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l force -d 'Allow close codes that RFC 6455 forbids'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-ping -d 'Expect a Ping from the server'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close -d 'Send a Close here'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s t -l text -d 'Send stdin line by line as text; overrides --binary'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 1 -l one -d 'Same as --max-messages 1'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s h -l help -d 'Show this help; --help shows more'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l flipbook -d 'Compare WebSocket with HTTP polling as an animation'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s c -l count -d 'Stop after sending N Pings and receiving their answers' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s i -l interval -d 'Time from one Ping to the next' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l payload -d 'Payload of each Ping; {seq} is replaced by its number' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l text -d 'Send text messages instead of Pings, to a server that echoes them' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l within -d 'Count a Ping as lost if it is not answered within this time' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s H -l header -d 'Add a header to the upgrade request (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s s -l subprotocol -d 'Offer a subprotocol (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s u -l user -d 'HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l bearer -d 'Bearer token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l netrc-file -d 'Read credentials from FILE instead of ~/.netrc' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l cookie -d 'Send cookies (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l cacert -d 'Trust the CA certificates in FILE (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l servername -d 'Host name for SNI and certificate checks' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l cert -d 'Client certificate (PEM or PKCS#12)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l key -d 'Private key of the client certificate (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l pass -d 'Passphrase of the private key' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l tls-min -d 'Minimum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l tls-max -d 'Maximum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l max-redirs -d 'Maximum number of redirects to follow [default: 10]' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l resolve -d 'Resolve HOST:PORT to these addresses (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s x -l proxy -d 'Connect through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s U -l proxy-user -d 'Credentials for the proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l proxy-header -d 'Send a header to the proxy (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l noproxy -d 'Hosts to connect to without a proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l connect-timeout -d 'Maximum time to connect (DNS to upgrade)' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s m -l max-time -d 'Maximum total time' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l close-timeout -d 'Maximum time to wait for the server\'s Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it and let the server decide'
off\t'Do not offer it'
require\t'Require it'"
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l json -d 'Print JSON lines'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s q -l quiet -d 'Print only the summary'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l netrc -d 'Read credentials from ~/.netrc'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -s v -l verbose -d 'Show the handshake; -vv also frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l show-secrets -d 'Show credentials instead of ***'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l within -d 'Maximum time to wait for the response' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s H -l header -d 'Add a header to the upgrade request (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s s -l subprotocol -d 'Offer a subprotocol (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s u -l user -d 'HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l bearer -d 'Bearer token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l netrc-file -d 'Read credentials from FILE instead of ~/.netrc' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l cookie -d 'Send cookies (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l cacert -d 'Trust the CA certificates in FILE (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l servername -d 'Host name for SNI and certificate checks' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l cert -d 'Client certificate (PEM or PKCS#12)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l key -d 'Private key of the client certificate (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l pass -d 'Passphrase of the private key' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l tls-min -d 'Minimum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l tls-max -d 'Maximum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l max-redirs -d 'Maximum number of redirects to follow [default: 10]' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l resolve -d 'Resolve HOST:PORT to these addresses (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s x -l proxy -d 'Connect through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s U -l proxy-user -d 'Credentials for the proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l proxy-header -d 'Send a header to the proxy (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l noproxy -d 'Hosts to connect to without a proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l connect-timeout -d 'Maximum time to connect (DNS to upgrade)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s m -l max-time -d 'Maximum total time' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l close-timeout -d 'Maximum time to wait for the server\'s Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l on-connect -d 'Send TEXT first on every connection (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l record -d 'Record the conversation to FILE (.ws, .har, .jsonl)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it and let the server decide'
off\t'Do not offer it'
require\t'Require it'"
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l cdp -d 'Leave out the member jsonrpc, as for Chrome'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l follow -d 'Print notifications after the result'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s q -l quiet -d 'Print only errors to stderr'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l netrc -d 'Read credentials from ~/.netrc'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -s v -l verbose -d 'Show the handshake; -vv also frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l show-secrets -d 'Show credentials instead of ***'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s n -l messages -d 'Stop after N messages in all' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l duration -d 'Stop after this time [default: 10s, unless -n is given]' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s c -l connections -d 'Number of connections, at most 10000' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l connect-rate -d 'Open at most N connections per second' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l size -d 'Size of the messages' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s d -l data -d 'Send this message; {seq} is replaced by its number' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l window -d 'Messages in flight on each connection [default: 1]' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l rate -d 'Send N messages per second in all' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l compare-polling -d 'Compare WebSocket with HTTP requests'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l wait -d 'Wait this long for missing replies at the end' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l fail-if -d 'Exit with code 4 if this is true, such as \'p99>50ms\' (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s H -l header -d 'Add a header to the upgrade request (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s s -l subprotocol -d 'Offer a subprotocol (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s u -l user -d 'HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l bearer -d 'Bearer token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l netrc-file -d 'Read credentials from FILE instead of ~/.netrc' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l cookie -d 'Send cookies (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l cacert -d 'Trust the CA certificates in FILE (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l servername -d 'Host name for SNI and certificate checks' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l cert -d 'Client certificate (PEM or PKCS#12)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l key -d 'Private key of the client certificate (PEM)' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l pass -d 'Passphrase of the private key' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l tls-min -d 'Minimum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l tls-max -d 'Maximum TLS version: 1.0, 1.1, 1.2 or 1.3' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l max-redirs -d 'Maximum number of redirects to follow [default: 10]' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l resolve -d 'Resolve HOST:PORT to these addresses (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s x -l proxy -d 'Connect through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s U -l proxy-user -d 'Credentials for the proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l proxy-header -d 'Send a header to the proxy (repeatable)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l noproxy -d 'Hosts to connect to without a proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l connect-timeout -d 'Maximum time to connect (DNS to upgrade)' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s m -l max-time -d 'Maximum total time' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l close-timeout -d 'Maximum time to wait for the server\'s Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l color -d 'When to use color' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is'
always\t'Always'
never\t'Never'"
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l config -d 'Read options and targets from FILE' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it and let the server decide'
off\t'Do not offer it'
require\t'Require it'"
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l binary -d 'Send binary messages'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l no-reply -d 'Send only; expect no replies'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l listen -d 'Receive only; send nothing'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l json -d 'Print the result as JSON'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s q -l quiet -d 'Print no progress line'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l netrc -d 'Read credentials from ~/.netrc'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -s v -l verbose -d 'Show the handshake; -vv also frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l show-secrets -d 'Show credentials instead of ***'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -l no-config -d 'Ignore the config file'
complete -c wsline -n "__fish_wsline_using_subcommand curl" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand config" -l config -d 'Read FILE instead of the default config file' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand config" -l names -d 'Print only the names of targets, one per line'
complete -c wsline -n "__fish_wsline_using_subcommand config" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "completions" -d 'Print the completions for a shell'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "man" -d 'Print the man page'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and __fish_seen_subcommand_from completions" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and __fish_seen_subcommand_from man" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand help" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_needs_url" -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_wsline_using_subcommand ping" -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_wsline_using_subcommand rpc" -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_wsline_using_subcommand bench" -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_wsline_using_subcommand config" -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l url -r -f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'
complete -c wsline -n "__fish_seen_subcommand_from completions" -f -a "bash elvish fish powershell zsh"
complete -c wsline -n "__fish_seen_subcommand_from help" -f -a "bench config curl demo echo environment exit-codes generate help json ping prompt proxies rpc session-files test tls"
