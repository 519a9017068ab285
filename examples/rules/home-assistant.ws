# Home Assistant: signs in with the long-lived access token in the variable TOKEN. Commands must wait for
# auth_ok:
#
#     export TOKEN=eyJ…
#     wsline --rules examples/rules/home-assistant.ws ws://homeassistant.local:8123/api/websocket \
#         -e '< json {"type":"auth_ok"}' -d '{"id":1,"type":"get_states"}'

secret TOKEN
on < json {"type":"auth_required"}
  > json {"type":"auth","access_token":"${TOKEN}"}
never < json {"type":"auth_invalid"}
