# workerd with an echo server. The socket's address comes from the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .echo)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const echo :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "workerd_server.js")],
  compatibilityDate = "2024-11-01",
  compatibilityFlags = ["web_socket_compression"],
);
