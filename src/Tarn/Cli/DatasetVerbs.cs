using System.CommandLine;

namespace Tarn;

/// <summary><c>datasets …</c>.</summary>
internal static class DatasetVerbs
{
    private const int FindingsShown = 20;

    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "datasets",
        "Image datasets: their classes and splits, what checks found, who judged by the test images.",
        ["{0} datasets list", "{0} datasets show silver.photos"],
        List(cli),
        Show(cli));

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the image datasets of the lake.",
        ["{0} datasets list", "{0} datasets list --json | jq -r '.[] | [.name, .version, .images] | @tsv'"],
        static call => call.ShowAsync("/api/v1/datasets", ApiJson.Default.IReadOnlyListDatasetView, datasets =>
        {
            if (datasets.Count == 0)
            {
                call.Terminal.Out.WriteLine("No image datasets.");
                return;
            }

            var grid = new Grid("DATASET", ">VERSION", ">IMAGES", ">CLASSES", "?>TRAIN", "?>VALIDATION", "?>TEST", ">KEPT OUT", "?>FINDINGS", "?>TEST USES", "?>SIZE", "?CHANGED");
            foreach (var d in datasets)
            {
                grid.Add(
                    d.Name, Grid.Count(d.Version), Grid.Count(d.Images), Grid.Count(d.Classes), Grid.Count(d.Train), Grid.Count(d.Validation), Grid.Count(d.Test),
                    Grid.Count(d.Quarantined), Grid.Count(d.Findings), Grid.Count(d.TestUses), Sizes.Show(d.Bytes), Grid.Time(d.UpdatedAt));
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var name = new Argument<string>("DATASET") { Description = "The dataset's table; `datasets list` shows them." };
        var version = new Option<long?>("--version") { Description = "The table's version, as a training run names it. Default the newest.", HelpName = "N" };
        return cli.Verb(
            "show",
            "Show one dataset: images by class and split, what checks found with the reasons, who judged by the test images.",
            ["{0} datasets show silver.photos", "{0} datasets show silver.photos --version 3 --json"],
            async call =>
            {
                var path = $"/api/v1/datasets/{VerbCall.Escape(call.Value(name))}";
                var query = call.Value(version) is { } number ? FormattableString.Invariant($"version={number}") : "";
                var details = await call.Api.GetBytesAsync($"{path}?{query}", call.Cancellation).ConfigureAwait(false);
                if (call.Options.Json)
                {
                    call.PrintJson(details);
                    return 0;
                }

                var findings = await call.Api.GetBytesAsync($"{path}/findings?limit={FindingsShown}&{query}", call.Cancellation).ConfigureAwait(false);
                Write(call.Terminal, VerbCall.Read(details, ApiJson.Default.DatasetDetailsView), VerbCall.Read(findings, ApiJson.Default.DatasetFindingsView));
                return 0;
            },
            name,
            version);
    }

    private static void Write(Terminal terminal, DatasetDetailsView details, DatasetFindingsView findings)
    {
        var d = details.Dataset;
        terminal.Out.WriteLine($"{d.Name}, version {Grid.Count(d.Version)} of {Grid.Time(d.UpdatedAt)}");
        terminal.Out.WriteLine($"  {Grid.Count(d.Images)} images, {Sizes.Show(d.Bytes)}: {string.Join(", ", details.Formats.Select(static f => $"{Grid.Count(f.Value)} {f.Key}"))}");
        if (details is { Widths: { } w, Heights: { } h })
        {
            terminal.Out.WriteLine($"  {w.Least} to {w.Most} pixels wide (half of them under {w.Median}), {h.Least} to {h.Most} high (half under {h.Median}); {Grid.Count(details.Groups)} groups of images that look alike or belong together");
        }

        var classes = new Grid("CLASS", ">TRAIN", ">VALIDATION", ">TEST", ">ALL");
        foreach (var c in details.Classes)
        {
            classes.Add(c.Label, Grid.Count(c.Train), Grid.Count(c.Validation), Grid.Count(c.Test), Grid.Count(c.All));
        }

        classes.Write(terminal);
        if (details.Checks.Count > 0)
        {
            var checks = new Grid("FOUND", ">KEPT OUT", ">TOLD");
            foreach (var c in details.Checks)
            {
                checks.Add(c.Check, Grid.Count(c.KeptOut), Grid.Count(c.Told));
            }

            checks.Write(terminal);
            foreach (var f in findings.Findings)
            {
                terminal.Out.WriteLine($"  {f.Check}{(f.KeptOut ? " (kept out)" : "")}: {f.Subject}: {f.Reason}{(f.Remedy is null ? "" : $" {f.Remedy}")}");
            }

            if (findings.Total > findings.Findings.Count)
            {
                terminal.Out.WriteLine($"  and {Grid.Count(findings.Total - findings.Findings.Count)} more, on the console's page of the dataset and at /api/v1/datasets/{d.Name}/findings.");
            }
        }

        if (details.TestUses.Count == 0)
        {
            terminal.Out.WriteLine("Nobody has judged by the test images yet.");
            return;
        }

        var uses = new Grid("TEST IMAGES USED", "BY", "FOR", ">VERSION", ">IMAGES", ">USED BEFORE");
        foreach (var u in details.TestUses)
        {
            uses.Add(Grid.Time(u.UsedAt), u.UsedBy, u.Purpose, Grid.Count(u.Version), Grid.Count(u.Images), u.Earlier == 0 ? "never" : Grid.Count(u.Earlier));
        }

        uses.Write(terminal);
    }
}
