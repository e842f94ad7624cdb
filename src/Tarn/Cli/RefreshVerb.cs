using System.CommandLine;

namespace Tarn;

/// <summary><c>tables refresh</c>: runs a SQL model out of its schedule.</summary>
internal static class RefreshVerb
{
    public static Command Create(CommandLine cli)
    {
        var name = new Argument<string>("TABLE") { Description = "The table or view of a SQL model, as layer.name." };
        var full = new Option<bool>("--full") { Description = "Make the table's columns and all its rows anew, whatever it holds. Older versions stay readable." };
        return cli.Verb(
            "refresh",
            "Run the SQL model of a table now.",
            ["{0} tables refresh gold.earthquakes_daily", "{0} tables refresh gold.earthquakes_daily --full"],
            async call => call.Show(
                await call.Api.PostAsync(
                    $"/api/v1/tables/{VerbCall.Escape(call.Value(name))}/refresh", new RefreshRequest(call.Value(full)), ApiJson.Default.RefreshRequest, call.Cancellation).ConfigureAwait(false),
                ApiJson.Default.RefreshView,
                r =>
                {
                    call.Terminal.Out.WriteLine(r.Action switch
                    {
                        "unchanged" => $"{r.Table} is as its model and tables say already.",
                        "view_stored" => $"{r.Table}: the view was stored.",
                        "merged" => $"{r.Table}: {Grid.Count(r.Rows)} rows were merged, version {Grid.Count(r.Version)}.",
                        _ => $"{r.Table}: {Grid.Count(r.Rows)} rows are all of it now, version {Grid.Count(r.Version)}.",
                    });
                    foreach (var warning in r.Warnings)
                    {
                        call.Terminal.Out.WriteLine($"  warning: {warning}");
                    }
                }),
            name,
            full);
    }
}
