
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'wsline' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'wsline'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'wsline' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Send a header with the upgrade (repeat)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send a header with the upgrade (repeat)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Set the User-Agent header')
            [CompletionResult]::new('--user-agent', '--user-agent', [CompletionResultType]::ParameterName, 'Set the User-Agent header')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Set the Origin header')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Set the Origin header')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Offer a subprotocol (repeat)')
            [CompletionResult]::new('--subprotocol', '--subprotocol', [CompletionResultType]::ParameterName, 'Offer a subprotocol (repeat)')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Log in with HTTP Basic credentials')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Log in with HTTP Basic credentials')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates in a PEM file')
            [CompletionResult]::new('--servername', '--servername', [CompletionResultType]::ParameterName, 'Ask for and check this name instead of the one in the URL')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Go through a proxy: http, https, socks5 or socks5h')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through a proxy: http, https, socks5 or socks5h')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Log in to the proxy')
            [CompletionResult]::new('--proxy-user', '--proxy-user', [CompletionResultType]::ParameterName, 'Log in to the proxy')
            [CompletionResult]::new('--proxy-header', '--proxy-header', [CompletionResultType]::ParameterName, 'Send a header to the proxy (repeat)')
            [CompletionResult]::new('--noproxy', '--noproxy', [CompletionResultType]::ParameterName, 'Go to these hosts without a proxy')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit names, TCP, proxy, TLS and upgrade together')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Limit the whole run')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Limit the whole run')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Listen on after the end of input [default: 1s]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Listen on after the end of input [default: 1s]')
            [CompletionResult]::new('--close-timeout', '--close-timeout', [CompletionResultType]::ParameterName, 'Wait this long for the answer to our Close [default: 5s]')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Pause between two messages that are sent')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'End after receiving N messages')
            [CompletionResult]::new('--max-messages', '--max-messages', [CompletionResultType]::ParameterName, 'End after receiving N messages')
            [CompletionResult]::new('--binary-as', '--binary-as', [CompletionResultType]::ParameterName, 'Show binary messages in this way')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--history', '--history', [CompletionResultType]::ParameterName, 'Keep the prompt''s history in this file')
            [CompletionResult]::new('--close-code', '--close-code', [CompletionResultType]::ParameterName, 'Close with this code')
            [CompletionResult]::new('--close-reason', '--close-reason', [CompletionResultType]::ParameterName, 'Close with this reason')
            [CompletionResult]::new('--max-message-size', '--max-message-size', [CompletionResultType]::ParameterName, 'Refuse messages that are larger')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Send a text message (repeat; @FILE, @- for stdin)')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send a text message (repeat; @FILE, @- for stdin)')
            [CompletionResult]::new('--data-binary', '--data-binary', [CompletionResultType]::ParameterName, 'Send a binary message (@FILE, @- for stdin)')
            [CompletionResult]::new('--data-hex', '--data-hex', [CompletionResultType]::ParameterName, 'Send the bytes that HEX stands for as a binary message')
            [CompletionResult]::new('--data-raw', '--data-raw', [CompletionResultType]::ParameterName, 'Send TEXT as a text message, also if it begins with @')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'With --binary: bytes in a message [default: 64K]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Accept any server certificate')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept any server certificate')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Go on with stdin or the prompt after --data')
            [CompletionResult]::new('--interactive', '--interactive', [CompletionResultType]::ParameterName, 'Go on with stdin or the prompt after --data')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End messages with NUL instead of a line feed')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'End messages with NUL instead of a line feed')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Send stdin as binary messages, not line by line')
            [CompletionResult]::new('--binary', '--binary', [CompletionResultType]::ParameterName, 'Send stdin as binary messages, not line by line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Read and write one JSON object a line')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Put the time before each message')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Show Pings and Pongs too')
            [CompletionResult]::new('--show-ping-pong', '--show-ping-pong', [CompletionResultType]::ParameterName, 'Show Pings and Pongs too')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show the handshake; -vv frames, -vvv their bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show the handshake; -vv frames, -vvv their bytes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on stderr but errors')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Do not replace credentials by *** in what is shown')
            [CompletionResult]::new('--no-history', '--no-history', [CompletionResultType]::ParameterName, 'Neither read nor write the prompt''s history')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Send close codes that RFC 6455 forbids to send')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Send stdin line by line as text; undoes --binary')
            [CompletionResult]::new('--text', '--text', [CompletionResultType]::ParameterName, 'Send stdin line by line as text; undoes --binary')
            [CompletionResult]::new('-1', '-1', [CompletionResultType]::ParameterName, 'The same as --max-messages 1')
            [CompletionResult]::new('--one', '--one', [CompletionResultType]::ParameterName, 'The same as --max-messages 1')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help; --help shows all of it')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help; --help shows all of it')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Show the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Show the version')
            [CompletionResult]::new('echo', 'echo', [CompletionResultType]::ParameterValue, 'Be an echo server, to try things out with')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Talk to an echo server inside this process')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Print shell completions or the man page')
            break
        }
        'wsline;echo' {
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'The server''s certificate, and those that signed it, in PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The certificate''s private key in PEM')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Wait this long before each answer')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, with the certificate of --cert and --key')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help')
            break
        }
        'wsline;demo' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Send a header with the upgrade (repeat)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send a header with the upgrade (repeat)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Set the User-Agent header')
            [CompletionResult]::new('--user-agent', '--user-agent', [CompletionResultType]::ParameterName, 'Set the User-Agent header')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Set the Origin header')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Set the Origin header')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Offer a subprotocol (repeat)')
            [CompletionResult]::new('--subprotocol', '--subprotocol', [CompletionResultType]::ParameterName, 'Offer a subprotocol (repeat)')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Log in with HTTP Basic credentials')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Log in with HTTP Basic credentials')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates in a PEM file')
            [CompletionResult]::new('--servername', '--servername', [CompletionResultType]::ParameterName, 'Ask for and check this name instead of the one in the URL')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Go through a proxy: http, https, socks5 or socks5h')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Go through a proxy: http, https, socks5 or socks5h')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Log in to the proxy')
            [CompletionResult]::new('--proxy-user', '--proxy-user', [CompletionResultType]::ParameterName, 'Log in to the proxy')
            [CompletionResult]::new('--proxy-header', '--proxy-header', [CompletionResultType]::ParameterName, 'Send a header to the proxy (repeat)')
            [CompletionResult]::new('--noproxy', '--noproxy', [CompletionResultType]::ParameterName, 'Go to these hosts without a proxy')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit names, TCP, proxy, TLS and upgrade together')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Limit the whole run')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Limit the whole run')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Listen on after the end of input [default: 1s]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Listen on after the end of input [default: 1s]')
            [CompletionResult]::new('--close-timeout', '--close-timeout', [CompletionResultType]::ParameterName, 'Wait this long for the answer to our Close [default: 5s]')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Pause between two messages that are sent')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'End after receiving N messages')
            [CompletionResult]::new('--max-messages', '--max-messages', [CompletionResultType]::ParameterName, 'End after receiving N messages')
            [CompletionResult]::new('--binary-as', '--binary-as', [CompletionResultType]::ParameterName, 'Show binary messages in this way')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--history', '--history', [CompletionResultType]::ParameterName, 'Keep the prompt''s history in this file')
            [CompletionResult]::new('--close-code', '--close-code', [CompletionResultType]::ParameterName, 'Close with this code')
            [CompletionResult]::new('--close-reason', '--close-reason', [CompletionResultType]::ParameterName, 'Close with this reason')
            [CompletionResult]::new('--max-message-size', '--max-message-size', [CompletionResultType]::ParameterName, 'Refuse messages that are larger')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Send a text message (repeat; @FILE, @- for stdin)')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send a text message (repeat; @FILE, @- for stdin)')
            [CompletionResult]::new('--data-binary', '--data-binary', [CompletionResultType]::ParameterName, 'Send a binary message (@FILE, @- for stdin)')
            [CompletionResult]::new('--data-hex', '--data-hex', [CompletionResultType]::ParameterName, 'Send the bytes that HEX stands for as a binary message')
            [CompletionResult]::new('--data-raw', '--data-raw', [CompletionResultType]::ParameterName, 'Send TEXT as a text message, also if it begins with @')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'With --binary: bytes in a message [default: 64K]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Accept any server certificate')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept any server certificate')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Go on with stdin or the prompt after --data')
            [CompletionResult]::new('--interactive', '--interactive', [CompletionResultType]::ParameterName, 'Go on with stdin or the prompt after --data')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End messages with NUL instead of a line feed')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'End messages with NUL instead of a line feed')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Send stdin as binary messages, not line by line')
            [CompletionResult]::new('--binary', '--binary', [CompletionResultType]::ParameterName, 'Send stdin as binary messages, not line by line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Read and write one JSON object a line')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Put the time before each message')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Show Pings and Pongs too')
            [CompletionResult]::new('--show-ping-pong', '--show-ping-pong', [CompletionResultType]::ParameterName, 'Show Pings and Pongs too')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show the handshake; -vv frames, -vvv their bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show the handshake; -vv frames, -vvv their bytes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on stderr but errors')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Do not replace credentials by *** in what is shown')
            [CompletionResult]::new('--no-history', '--no-history', [CompletionResultType]::ParameterName, 'Neither read nor write the prompt''s history')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Send close codes that RFC 6455 forbids to send')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Send stdin line by line as text; undoes --binary')
            [CompletionResult]::new('--text', '--text', [CompletionResultType]::ParameterName, 'Send stdin line by line as text; undoes --binary')
            [CompletionResult]::new('-1', '-1', [CompletionResultType]::ParameterName, 'The same as --max-messages 1')
            [CompletionResult]::new('--one', '--one', [CompletionResultType]::ParameterName, 'The same as --max-messages 1')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help; --help shows all of it')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help; --help shows all of it')
            break
        }
        'wsline;generate' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the man page')
            break
        }
        'wsline;generate;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help')
            break
        }
        'wsline;generate;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
