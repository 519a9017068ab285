# The echo server of em-websocket. See python_servers.py.
require 'em-websocket'

port, cert, key = ARGV
options = { host: '127.0.0.1', port: port.to_i }
options.update(secure: true, tls_options: { cert_chain_file: cert, private_key_file: key }) if cert
EM::WebSocket.max_frame_size = 64 << 20 if EM::WebSocket.respond_to?(:max_frame_size=)

EM.run do
  EM::WebSocket.run(options) do |socket|
    socket.onmessage do |text|
      case text
      when '!ping' then socket.ping('p1')
      when '!close' then socket.close(4001, 'bye')
      else socket.send_text(text)
      end
    end
    socket.onbinary { |bytes| socket.send_binary(bytes) }
  end
end
