# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_wsline_global_optspecs
    string join \n H/header= A/user-agent= o/origin= s/subprotocol= u/user= bearer= cookie= k/insecure cacert= servername= cert= key= pass= tls-min= tls-max= L/location max-redirs= 4/ipv4 6/ipv6 resolve= connect-to= unix-socket= x/proxy= U/proxy-user= proxy-header= noproxy= connect-timeout= m/max-time= w/wait= close-timeout= i/interactive 0/null delay= b/binary n/max-messages= strict json binary-as= timestamps P/show-ping-pong v/verbose q/quiet timing color= show-secrets record= history= no-history close-code= close-reason= force frame-size= compress= max-message-size= expect= expect-match= expect-json= expect-hex= expect-close= expect-ping expect-status= expect-silence= within= close d/data= data-binary= data-hex= data-raw= t/text chunk-size= 1/one h/help V/version
end

function __fish_wsline_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_wsline_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_wsline_using_subcommand
    set -l cmd (__fish_wsline_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c wsline -n "__fish_wsline_needs_command" -s H -l header -d 'Send a header with the upgrade (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_needs_command" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_needs_command" -s s -l subprotocol -d 'Offer a subprotocol (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -s u -l user -d 'Log in with HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_needs_command" -l bearer -d 'Log in with a token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l cookie -d 'Send cookies (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l cacert -d 'Trust the certificates in a PEM file' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l servername -d 'Ask for and check this name instead of the one in the URL' -r
complete -c wsline -n "__fish_wsline_needs_command" -l cert -d 'Show the server this certificate of yours' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l key -d 'The private key of --cert, if it is in a file of its own' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l pass -d 'The passphrase of the key of --cert' -r
complete -c wsline -n "__fish_wsline_needs_command" -l tls-min -d 'Speak no older version of TLS: 1.0, 1.1, 1.2 or 1.3' -r
complete -c wsline -n "__fish_wsline_needs_command" -l tls-max -d 'Speak no newer version of TLS: 1.0, 1.1, 1.2 or 1.3' -r
complete -c wsline -n "__fish_wsline_needs_command" -l max-redirs -d 'With --location: follow at most N redirects [default: 10]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l resolve -d 'Take these addresses for a host and port (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -s x -l proxy -d 'Go through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_needs_command" -s U -l proxy-user -d 'Log in to the proxy' -r
complete -c wsline -n "__fish_wsline_needs_command" -l proxy-header -d 'Send a header to the proxy (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l noproxy -d 'Go to these hosts without a proxy' -r
complete -c wsline -n "__fish_wsline_needs_command" -l connect-timeout -d 'Limit names, TCP, proxy, TLS and upgrade together' -r
complete -c wsline -n "__fish_wsline_needs_command" -s m -l max-time -d 'Limit the whole run' -r
complete -c wsline -n "__fish_wsline_needs_command" -s w -l wait -d 'Listen on after the end of input [default: 1s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l close-timeout -d 'Wait this long for the answer to our Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -l delay -d 'Pause between two messages that are sent' -r
complete -c wsline -n "__fish_wsline_needs_command" -s n -l max-messages -d 'End after receiving N messages' -r
complete -c wsline -n "__fish_wsline_needs_command" -l binary-as -d 'Show binary messages in this way' -r -f -a "raw\t'Exactly its bytes'
hex\t'A line of hexadecimal digits'
base64\t'A line of base64'
skip\t'Not at all'"
complete -c wsline -n "__fish_wsline_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if CLICOLOR_FORCE is'
always\t'Whatever the output is'
never\t'Not at all'"
complete -c wsline -n "__fish_wsline_needs_command" -l record -d 'Record the conversation in this file' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l history -d 'Keep the prompt\'s history in this file' -r -F
complete -c wsline -n "__fish_wsline_needs_command" -l close-code -d 'Close with this code' -r
complete -c wsline -n "__fish_wsline_needs_command" -l close-reason -d 'Close with this reason' -r
complete -c wsline -n "__fish_wsline_needs_command" -l frame-size -d 'Send messages in frames of at most this size' -r
complete -c wsline -n "__fish_wsline_needs_command" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it'
off\t'Don\'t'
require\t'Refuse a server that does not agree'"
complete -c wsline -n "__fish_wsline_needs_command" -l max-message-size -d 'Refuse messages that are larger' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect -d 'Wait for this text message (repeat)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-match -d 'Wait for a text message in which REGEX is found' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-json -d 'Wait for JSON with at least this in it' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-hex -d 'Wait for a binary message with these bytes' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-close -d 'Wait for the connection to be closed with CODE, or any' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-status -d 'Want this status in answer to the upgrade' -r
complete -c wsline -n "__fish_wsline_needs_command" -l expect-silence -d 'Want no message for so long' -r
complete -c wsline -n "__fish_wsline_needs_command" -l within -d 'The time of the expectation before it [default: 5s]' -r
complete -c wsline -n "__fish_wsline_needs_command" -s d -l data -d 'Send a text message (repeat; @FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-binary -d 'Send a binary message (@FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-hex -d 'Send the bytes that HEX stands for as a binary message' -r
complete -c wsline -n "__fish_wsline_needs_command" -l data-raw -d 'Send TEXT as a text message, also if it begins with @' -r
complete -c wsline -n "__fish_wsline_needs_command" -l chunk-size -d 'With --binary: bytes in a message [default: 64K]' -r
complete -c wsline -n "__fish_wsline_needs_command" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_needs_command" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_needs_command" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_needs_command" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_needs_command" -s i -l interactive -d 'Go on with stdin or the prompt after --data'
complete -c wsline -n "__fish_wsline_needs_command" -s 0 -l null -d 'End messages with NUL instead of a line feed'
complete -c wsline -n "__fish_wsline_needs_command" -s b -l binary -d 'Send stdin as binary messages, not line by line'
complete -c wsline -n "__fish_wsline_needs_command" -l strict -d 'Each expectation is met by the very next message, or not at all'
complete -c wsline -n "__fish_wsline_needs_command" -l json -d 'Read and write one JSON object a line'
complete -c wsline -n "__fish_wsline_needs_command" -l timestamps -d 'Put the time before each message'
complete -c wsline -n "__fish_wsline_needs_command" -s P -l show-ping-pong -d 'Show Pings and Pongs too'
complete -c wsline -n "__fish_wsline_needs_command" -s v -l verbose -d 'Show the handshake; -vv frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_needs_command" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wsline -n "__fish_wsline_needs_command" -l timing -d 'Show how long each step of connecting took'
complete -c wsline -n "__fish_wsline_needs_command" -l show-secrets -d 'Do not replace credentials by *** in what is shown'
complete -c wsline -n "__fish_wsline_needs_command" -l no-history -d 'Neither read nor write the prompt\'s history'
complete -c wsline -n "__fish_wsline_needs_command" -l force -d 'Send close codes that RFC 6455 forbids to send'
complete -c wsline -n "__fish_wsline_needs_command" -l expect-ping -d 'Wait for a Ping of the server\'s'
complete -c wsline -n "__fish_wsline_needs_command" -l close -d 'Send our Close at this place'
complete -c wsline -n "__fish_wsline_needs_command" -s t -l text -d 'Send stdin line by line as text; undoes --binary'
complete -c wsline -n "__fish_wsline_needs_command" -s 1 -l one -d 'The same as --max-messages 1'
complete -c wsline -n "__fish_wsline_needs_command" -s h -l help -d 'Show this help; --help shows all of it'
complete -c wsline -n "__fish_wsline_needs_command" -s V -l version -d 'Show the version'
complete -c wsline -n "__fish_wsline_needs_command" -a "test" -d 'Run session files against a server, and report'
complete -c wsline -n "__fish_wsline_needs_command" -a "echo" -d 'Be an echo server, to try things out with'
complete -c wsline -n "__fish_wsline_needs_command" -a "demo" -d 'Talk to an echo server inside this process'
complete -c wsline -n "__fish_wsline_needs_command" -a "curl" -d 'Talk as a browser\'s "Copy as cURL" says'
complete -c wsline -n "__fish_wsline_needs_command" -a "generate" -d 'Print shell completions or the man page'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s j -l jobs -d 'Run so many files at once' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l filter -d 'Run only files with TEXT in their paths (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l var -d 'Set the variable that files write as ${NAME} (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l url -d 'Connect to this URL instead of the one in the files' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand test" -l junit -d 'Write a JUnit report, as CI servers read it' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand test" -l serve -d 'Start a server first, and end it afterwards' -r -f -a "(__fish_complete_command)"
complete -c wsline -n "__fish_wsline_using_subcommand test" -l ready -d 'Wait until the server of --serve accepts connections at URL' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand test" -l speed -d 'Keep a record\'s pauses, N times as fast' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l ignore -d 'Let received JSON differ at this place (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if CLICOLOR_FORCE is'
always\t'Whatever the output is'
never\t'Not at all'"
complete -c wsline -n "__fish_wsline_using_subcommand test" -l bail -d 'Stop after the first file that does not pass'
complete -c wsline -n "__fish_wsline_using_subcommand test" -l json -d 'Write one JSON object for each file and one for all'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s v -l verbose -d 'Show each statement on stderr as it is done'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s q -l quiet -d 'Show only the files that do not pass'
complete -c wsline -n "__fish_wsline_using_subcommand test" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l cert -d 'The server\'s certificate, and those that signed it, in PEM, or PKCS#12' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l key -d 'The certificate\'s private key in PEM, if it is in a file of its own' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l pass -d 'The key\'s passphrase, or env:NAME or @FILE that holds it' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l delay -d 'Wait this long before each answer' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l max-message-size -d 'Refuse messages larger than SIZE' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l max-connections -d 'Refuse connections beyond the first N' -r
complete -c wsline -n "__fish_wsline_using_subcommand echo" -l tls -d 'Speak TLS, with the certificate of --cert and --key'
complete -c wsline -n "__fish_wsline_using_subcommand echo" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s H -l header -d 'Send a header with the upgrade (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s A -l user-agent -d 'Set the User-Agent header' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s o -l origin -d 'Set the Origin header' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s s -l subprotocol -d 'Offer a subprotocol (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s u -l user -d 'Log in with HTTP Basic credentials' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l bearer -d 'Log in with a token (Authorization: Bearer)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cookie -d 'Send cookies (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cacert -d 'Trust the certificates in a PEM file' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l servername -d 'Ask for and check this name instead of the one in the URL' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l cert -d 'Show the server this certificate of yours' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l key -d 'The private key of --cert, if it is in a file of its own' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l pass -d 'The passphrase of the key of --cert' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l tls-min -d 'Speak no older version of TLS: 1.0, 1.1, 1.2 or 1.3' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l tls-max -d 'Speak no newer version of TLS: 1.0, 1.1, 1.2 or 1.3' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l max-redirs -d 'With --location: follow at most N redirects [default: 10]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l resolve -d 'Take these addresses for a host and port (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l connect-to -d 'Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l unix-socket -d 'Connect to a Unix socket instead of the URL\'s host' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s x -l proxy -d 'Go through a proxy: http, https, socks5 or socks5h' -r -f
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s U -l proxy-user -d 'Log in to the proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l proxy-header -d 'Send a header to the proxy (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l noproxy -d 'Go to these hosts without a proxy' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l connect-timeout -d 'Limit names, TCP, proxy, TLS and upgrade together' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s m -l max-time -d 'Limit the whole run' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s w -l wait -d 'Listen on after the end of input [default: 1s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-timeout -d 'Wait this long for the answer to our Close [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l delay -d 'Pause between two messages that are sent' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s n -l max-messages -d 'End after receiving N messages' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l binary-as -d 'Show binary messages in this way' -r -f -a "raw\t'Exactly its bytes'
hex\t'A line of hexadecimal digits'
base64\t'A line of base64'
skip\t'Not at all'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal unless NO_COLOR is set, elsewhere if CLICOLOR_FORCE is'
always\t'Whatever the output is'
never\t'Not at all'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l record -d 'Record the conversation in this file' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l history -d 'Keep the prompt\'s history in this file' -r -F
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-code -d 'Close with this code' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close-reason -d 'Close with this reason' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l frame-size -d 'Send messages in frames of at most this size' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l compress -d 'Compress messages (permessage-deflate, RFC 7692)' -r -f -a "auto\t'Offer it'
off\t'Don\'t'
require\t'Refuse a server that does not agree'"
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l max-message-size -d 'Refuse messages that are larger' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect -d 'Wait for this text message (repeat)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-match -d 'Wait for a text message in which REGEX is found' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-json -d 'Wait for JSON with at least this in it' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-hex -d 'Wait for a binary message with these bytes' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-close -d 'Wait for the connection to be closed with CODE, or any' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-status -d 'Want this status in answer to the upgrade' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-silence -d 'Want no message for so long' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l within -d 'The time of the expectation before it [default: 5s]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s d -l data -d 'Send a text message (repeat; @FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-binary -d 'Send a binary message (@FILE, @- for stdin)' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-hex -d 'Send the bytes that HEX stands for as a binary message' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l data-raw -d 'Send TEXT as a text message, also if it begins with @' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l chunk-size -d 'With --binary: bytes in a message [default: 64K]' -r
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s k -l insecure -d 'Accept any server certificate'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s L -l location -d 'Follow redirects'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s i -l interactive -d 'Go on with stdin or the prompt after --data'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 0 -l null -d 'End messages with NUL instead of a line feed'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s b -l binary -d 'Send stdin as binary messages, not line by line'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l strict -d 'Each expectation is met by the very next message, or not at all'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l json -d 'Read and write one JSON object a line'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l timestamps -d 'Put the time before each message'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s P -l show-ping-pong -d 'Show Pings and Pongs too'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s v -l verbose -d 'Show the handshake; -vv frames, -vvv their bytes'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l timing -d 'Show how long each step of connecting took'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l show-secrets -d 'Do not replace credentials by *** in what is shown'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l no-history -d 'Neither read nor write the prompt\'s history'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l force -d 'Send close codes that RFC 6455 forbids to send'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l expect-ping -d 'Wait for a Ping of the server\'s'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -l close -d 'Send our Close at this place'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s t -l text -d 'Send stdin line by line as text; undoes --binary'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s 1 -l one -d 'The same as --max-messages 1'
complete -c wsline -n "__fish_wsline_using_subcommand demo" -s h -l help -d 'Show this help; --help shows all of it'
complete -c wsline -n "__fish_wsline_using_subcommand curl" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "completions" -d 'Print the completions for a shell'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and not __fish_seen_subcommand_from completions man" -f -a "man" -d 'Print the man page'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and __fish_seen_subcommand_from completions" -s h -l help -d 'Show this help'
complete -c wsline -n "__fish_wsline_using_subcommand generate; and __fish_seen_subcommand_from man" -s h -l help -d 'Show this help'
