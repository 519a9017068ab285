# Socket.IO 4: connects to the default namespace and answers heartbeats. Events are sent as 42["name",…]:
#
#     wsline --rules examples/rules/socket.io.ws 'ws://localhost:3000/socket.io/?EIO=4&transport=websocket'
#
# To wait for the connection before stdin is sent, add -e '< /^40/' -i.

on < /^0\{/
  > 40
on < 2
  > 3
ignore < 2
never < /^44/
