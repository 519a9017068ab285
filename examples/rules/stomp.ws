# STOMP 1.2 over WebSocket (RabbitMQ, ActiveMQ, Spring): connects and keeps the connection alive. A frame
# ends with a NUL byte:
#
#     wsline --rules examples/rules/stomp.ws ws://localhost:15674/ws \
#         -e '< /^CONNECTED/' -e '> "SUBSCRIBE\nid:0\ndestination:/topic/news\n\n\u0000"' -i
#
# VHOST is the virtual host, / by default. A server that wants a user name and a password needs the headers
# login and passcode as well.

subprotocol v12.stomp
default VHOST /
on open
  let CONNECT = "CONNECT\naccept-version:1.2\nhost:${VHOST}\nheart-beat:10000,10000\n\n\u0000"
  > ${CONNECT}
every 9s > "\n"
ignore < "\n"
never < /^ERROR/
