using System.CommandLine;

namespace Tarn;

/// <summary><c>nodes</c>: the processes that run pipelines.</summary>
internal static class NodesVerb
{
    public static Command Create(CommandLine cli) => cli.Verb(
        "nodes",
        "List the processes that run pipelines on this metadata store.",
        ["{0} nodes", "{0} nodes --json | jq -r '.[] | select(.leader).name'"],
        static call => call.ShowAsync("/api/v1/nodes", ApiJson.Default.IReadOnlyListNodeView, nodes =>
        {
            if (nodes.Count == 0)
            {
                call.Terminal.Out.WriteLine("No process has taken part yet.");
                return;
            }

            var grid = new Grid("NODE", "STATE", "NAME", "LEADS", ">RUNNING", ">SLOTS", "?STARTED", "SEEN");
            foreach (var n in nodes)
            {
                grid.AddWithState(1, n.Id, n.State, n.Name, n.Leader ? "yes" : "", Grid.Count(n.Running), Grid.Count(n.Slots), Grid.Time(n.StartedAt), Grid.Time(n.SeenAt));
            }

            grid.Write(call.Terminal);
        }));
}
