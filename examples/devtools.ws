# Control a browser through Chrome's DevTools protocol: open a page, and read what is on it.
#
#     chromium --headless --remote-debugging-port=9222 about:blank &
#     URL=$(curl -s http://127.0.0.1:9222/json | jq -r 'map(select(.type == "page"))[0].webSocketDebuggerUrl')
#     wsline test examples/devtools.ws --var "URL=$URL"
#
# screenshot.sh takes a screenshot of that page.

url ${URL}
within 15s

> json {"id":1,"method":"Page.enable"}
< json {"id":1,"result":{}}

> json
    {"id": 2, "method": "Page.navigate", "params": {
      "url": "data:text/html,<title>Hello</title><p id=answer>6 times 7 is <b>?</b>"
    }}
< json {"id":2,"result":{}}
capture FRAME /result/frameId
< json {"method":"Page.frameStoppedLoading","params":{"frameId":"${FRAME}"}}

> json
    {"id": 3, "method": "Runtime.evaluate", "params": {
      "expression": "document.querySelector('b').textContent = 6 * 7; document.title"
    }}
< json {"id":3,"result":{"result":{"type":"string","value":"Hello"}}}

> json
    {"id": 4, "method": "Runtime.evaluate", "params": {
      "expression": "document.getElementById('answer').textContent"
    }}
< json {"id":4,"result":{"result":{"value":"6 times 7 is 42"}}}

# A screenshot as PNG, which begins with its signature in base64.
> json {"id":5,"method":"Page.captureScreenshot"}
< /^\{"id":5,"result":\{"data":"iVBORw0KGgo/

# An unknown method is an error.
> json {"id":6,"method":"Page.fly"}
< json {"id":6,"error":{"code":-32601,"message":"'Page.fly' wasn't found"}}
