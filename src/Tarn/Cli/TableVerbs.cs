using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>tables …</c>.</summary>
internal static class TableVerbs
{
    private const int QueryRows = 1_000_000;

    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "tables",
        "Tables: their schema, versions and content.",
        ["{0} tables list", "{0} tables query \"select count(*) from silver.earthquakes\""],
        List(cli),
        Show(cli),
        History(cli),
        TableQueryVerb.Create(cli, QueryRows),
        RefreshVerb.Create(cli),
        Optimize(cli),
        Restore(cli),
        Vacuum(cli));

    private static Argument<string> Name() => new("TABLE") { Description = "The table, as layer.name; `tables list` shows them." };

    private static string Path(VerbCall call, Argument<string> name) => $"/api/v1/tables/{VerbCall.Escape(call.Value(name))}";

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the tables and views with their version and size.",
        ["{0} tables list", "{0} tables list --json | jq -r '.[] | [.name, .rows] | @tsv'"],
        static call => call.ShowAsync("/api/v1/tables", ApiJson.Default.IReadOnlyListTableView, tables =>
        {
            if (tables.Count == 0)
            {
                call.Terminal.Out.WriteLine("No tables yet.");
                return;
            }

            var grid = new Grid("TABLE", "KIND", ">VERSION", "UPDATED", ">ROWS", ">FILES", ">SIZE", "PARTITIONED BY");
            foreach (var t in tables)
            {
                if (t.Kind == "view")
                {
                    grid.Add(t.Name, t.Kind, "–", Grid.Time(t.UpdatedAt), "–", "–", "–", "");
                    continue;
                }

                grid.Add(t.Name, t.Kind, Grid.Count(t.Version), Grid.Time(t.UpdatedAt), Grid.Count(t.Rows), Grid.Count(t.Files), Sizes.Show(t.Bytes), string.Join(", ", t.PartitionBy));
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var name = Name();
        return cli.Verb(
            "show",
            "Show one table: its columns, size, and the progress that is stored with it.",
            ["{0} tables show silver.earthquakes"],
            call => call.ShowAsync(Path(call, name), ApiJson.Default.TableDetailsView, t =>
            {
                var to = call.Terminal.Out;
                to.WriteLine(t.Name);
                if (t.Description is not null)
                {
                    to.WriteLine($"  {t.Description}");
                }

                to.WriteLine();
                if (t.Kind == "view")
                {
                    to.WriteLine($"  view             stored {Grid.Time(t.UpdatedAt)}");
                }
                else
                {
                    to.WriteLine($"  version          {Grid.Count(t.Version)}, {Grid.Time(t.UpdatedAt)}");
                    to.WriteLine($"  size             {Grid.Count(t.Rows)} rows, {Grid.Count(t.Files)} files, {Sizes.Show(t.Bytes)}");
                    to.WriteLine($"  key              {(t.Key.Count == 0 ? "–" : string.Join(", ", t.Key))}");
                    to.WriteLine($"  partitioned by   {(t.PartitionBy.Count == 0 ? "–" : string.Join(", ", t.PartitionBy))}");
                    to.WriteLine($"  location         {t.Location}");
                }

                WriteModel(to, t);
                foreach (var transaction in t.Transactions)
                {
                    to.WriteLine($"  progress         {transaction.AppId} = {transaction.Version.ToString(CultureInfo.InvariantCulture)}");
                }

                var grid = new Grid("COLUMN", "TYPE", "NULL", "~DESCRIPTION");
                foreach (var c in t.Schema)
                {
                    grid.Add(c.Name, c.Type, c.Nullable ? "yes" : "no", c.Description);
                }

                grid.Write(call.Terminal);
                if (t.Model is { } model)
                {
                    to.WriteLine();
                    to.WriteLine(model.Sql);
                }
            }),
            name);
    }

    private static void WriteModel(TextWriter to, TableDetailsView table)
    {
        if (table.Model is { } model)
        {
            var merged = model.Materialized != "incremental" ? ""
                : $" by {string.Join(", ", table.Key)}{(model.Watermark is { } w ? $", from the greatest {w}{(model.Lookback is { } back ? $" less {back}" : "")}" : "")}";
            to.WriteLine($"  model            {model.File}, {model.Materialized}{merged}, run by {model.Pipeline}");
            foreach (var test in model.Tests)
            {
                to.WriteLine($"  test             {test.Test}{(test.Severity == "warn" ? " (warns)" : "")}");
            }
        }

        if (table.Upstream.Count > 0)
        {
            to.WriteLine($"  reads            {string.Join(", ", table.Upstream)}");
        }

        if (table.Downstream.Count > 0)
        {
            to.WriteLine($"  read by          {string.Join(", ", table.Downstream)}");
        }
    }

    private static Command History(CommandLine cli)
    {
        var name = Name();
        var limit = new Option<int>("--limit") { Description = "At most so many versions, newest first.", DefaultValueFactory = static _ => 20, HelpName = "N" };
        return cli.Verb(
            "history",
            "List a table's versions: when, by which operation, with which effect.",
            ["{0} tables history silver.earthquakes --limit 5"],
            call => call.ShowAsync(
                string.Create(CultureInfo.InvariantCulture, $"{Path(call, name)}/history?limit={call.Value(limit)}"), ApiJson.Default.IReadOnlyListTableVersionView, versions =>
                {
                    var grid = new Grid(">VERSION", "AT", "OPERATION", "~EFFECT", "~PROGRESS");
                    foreach (var v in versions)
                    {
                        grid.Add(
                            Grid.Count(v.Version),
                            Grid.Time(v.Timestamp),
                            v.Operation,
                            string.Join("  ", v.Metrics.Where(static m => m.Value != "0").Select(static m => $"{m.Key}={m.Value}")),
                            string.Join("  ", v.Transactions.Select(static t => string.Create(CultureInfo.InvariantCulture, $"{t.AppId}={t.Version}"))));
                    }

                    grid.Write(call.Terminal);
                }),
            name,
            limit);
    }

    private static Command Optimize(CommandLine cli)
    {
        var name = Name();
        var order = new Option<string>("--zorder") { Description = "Columns, by commas: rows alike in all of them are put together, so that queries for some skip most files.", HelpName = "COLUMNS" };
        var where = new Option<string>("--where") { Description = "Which partitions: an SQL expression over the partition columns.", HelpName = "SQL" };
        return cli.Verb(
            "optimize",
            "Put a table's small files together. Nothing of its content changes.",
            ["{0} tables optimize bronze.earthquakes", "{0} tables optimize silver.earthquakes --zorder longitude,latitude"],
            async call => call.Show(
                await call.Api.PostAsync(
                    Path(call, name) + "/optimize",
                    new OptimizeRequest(call.Value(order)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), call.Value(where)),
                    ApiJson.Default.OptimizeRequest,
                    call.Cancellation).ConfigureAwait(false),
                ApiJson.Default.OptimizeView,
                r => call.Terminal.Out.WriteLine(r.FilesRemoved == 0
                    ? $"{r.Table} has no files to put together."
                    : $"{r.Table}: {Grid.Count(r.FilesRemoved)} files ({Sizes.Show(r.BytesRemoved)}) became {Grid.Count(r.FilesAdded)} ({Sizes.Show(r.BytesAdded)}), version {Grid.Count(r.Version)}.")),
            name,
            order,
            where);
    }

    private static Command Restore(CommandLine cli)
    {
        var name = Name();
        var to = new Option<string>("--to") { Description = "The version, or a time.", HelpName = "VERSION|TIME", Required = true };
        return cli.Verb(
            "restore",
            "Make a table what it was, by a new version.",
            ["{0} tables restore silver.earthquakes --to 12", "{0} tables restore silver.earthquakes --to 2026-01-31T00:00:00Z"],
            async call => call.Show(
                await call.Api.PostAsync(Path(call, name) + "/restore", new RestoreRequest(call.Value(to)), ApiJson.Default.RestoreRequest, call.Cancellation).ConfigureAwait(false),
                ApiJson.Default.RestoreView,
                r => call.Terminal.Out.WriteLine($"{r.Table}: version {Grid.Count(r.Version)}, {Grid.Count(r.RowsAdded)} rows in files that came back, {Grid.Count(r.RowsRemoved)} in files that went.")),
            name,
            to);
    }

    private static Command Vacuum(CommandLine cli)
    {
        var name = Name();
        var retain = new Option<string>("--retain") { Description = "Keep files that left the table less than this ago; time travel reaches back as far.", DefaultValueFactory = static _ => "7d", HelpName = "DURATION" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be removed." };
        return cli.Verb(
            "vacuum",
            "Remove files that no version younger than --retain needs.",
            ["{0} tables vacuum silver.earthquakes --dry-run", "{0} tables vacuum silver.earthquakes --retain 30d"],
            async call => call.Show(
                await call.Api.PostAsync(
                    Path(call, name) + "/vacuum", new VacuumRequest(call.Value(retain), call.Value(dryRun)), ApiJson.Default.VacuumRequest, call.Cancellation).ConfigureAwait(false),
                ApiJson.Default.VacuumView,
                r => call.Terminal.Out.WriteLine($"{r.Table}: {Grid.Count(r.Files)} files ({Sizes.Show(r.Bytes)}) {(r.DryRun ? "would be" : "were")} removed.")),
            name,
            retain,
            dryRun);
    }
}
