# Phoenix channels: keeps the connection alive with heartbeats. A message is
# [join reference, reference, topic, event, payload]:
#
#     wsline --rules examples/rules/phoenix.ws 'ws://localhost:4000/socket/websocket?vsn=2.0.0' \
#         -d '["1","1","room:lobby","phx_join",{}]' -i

every 30s > [null,"heartbeat","phoenix","heartbeat",{}]
ignore < json [null, "heartbeat", "phoenix", "phx_reply", {}]
