#!/bin/sh
# Take a screenshot of a page through Chrome's DevTools protocol:
#
#     examples/screenshot.sh ws://127.0.0.1:9222/devtools/page/… shot.png

set -eu

wsline "$1" -d '{"id":1,"method":"Page.captureScreenshot"}' --expect-json '{"id":1}' |
    jq -r 'select(.id == 1).result.data' | base64 -d >"$2"
