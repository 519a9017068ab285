// A GraphQL server on `graphql-ws`, for examples/graphql-transport-ws.ws.
//
// `node graphql_server.js` prints `listening PORT`, and ends when its stdin ends, or after two
// minutes.

"use strict";

const { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } = require("graphql");
const { useServer } = require("graphql-ws/use/ws");
const { WebSocketServer } = require("ws");

const LIFETIME = 120_000;

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: { hello: { type: GraphQLString, resolve: () => "world" } },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      countdown: {
        type: GraphQLInt,
        args: { from: { type: new GraphQLNonNull(GraphQLInt) } },
        async *subscribe(_, { from }) {
          for (let number = from; number > 0; number--) {
            yield { countdown: number };
          }
        },
      },
    },
  }),
});

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/graphql" });
useServer({ schema }, server);
server.on("listening", () => console.log(`listening ${server.address().port}`));

process.stdin.on("end", () => process.exit(0)).resume();
setTimeout(() => process.exit(0), LIFETIME).unref();
