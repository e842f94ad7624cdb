using System.CommandLine;
using System.Globalization;

namespace Tarn;

/// <summary><c>audit …</c>.</summary>
internal static class AuditVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "audit", "The audit log: who changed what, and who was refused.", ["{0} audit list", "{0} audit list --who k3m9x2p7qa --limit 500"], List(cli));

    private static Command List(CommandLine cli)
    {
        var limit = new Option<int>("--limit") { Description = "At most so many; 1 to 1000.", DefaultValueFactory = static _ => 50, HelpName = "N" };
        var before = new Option<long?>("--before") { Description = "Go on after the entry of this number.", HelpName = "SEQ" };
        var who = new Option<string?>("--who") { Description = "Only of this caller: a key's id, a token's subject, local.", HelpName = "WHO" };
        return cli.Verb(
            "list",
            "List the entries, newest first.",
            ["{0} audit list", "{0} audit list --json | jq '.[] | select(.status == 401)'"],
            call => call.ShowAsync(
                $"/api/v1/audit?limit={call.Value(limit).ToString(CultureInfo.InvariantCulture)}{(call.Value(before) is { } b ? $"&before={b.ToString(CultureInfo.InvariantCulture)}" : "")}{(call.Value(who) is { } w ? $"&who={VerbCall.Escape(w)}" : "")}",
                SecurityJson.Default.IReadOnlyListAuditEntry,
                entries =>
                {
                    if (entries.Count == 0)
                    {
                        call.Terminal.Out.WriteLine("The audit log has no such entries.");
                        return;
                    }

                    var grid = new Grid(">SEQ", "AT", "WHO", "?VIA", "?FROM", "METHOD", "~PATH", ">STATUS", ">TIMES", "?~WHY");
                    foreach (var e in entries)
                    {
                        grid.Add(
                            e.Seq.ToString(CultureInfo.InvariantCulture),
                            Grid.Time(e.At),
                            e.WhoName.Length > 0 && e.WhoName != e.Who ? $"{e.WhoName} ({e.Who})" : e.Who,
                            e.Via,
                            e.Remote,
                            e.Method,
                            e.Path,
                            e.Status.ToString(CultureInfo.InvariantCulture),
                            Grid.Count(e.Times),
                            e.Detail);
                    }

                    grid.Write(call.Terminal);
                }),
            limit,
            before,
            who);
    }
}
