using System.Globalization;

namespace Tarn;

/// <summary>Endpoints and rollouts for a person.</summary>
internal static class EndpointText
{
    public static void Write(Terminal terminal, EndpointView e)
    {
        terminal.Out.WriteLine(e.Name);
        terminal.Out.WriteLine($"  calls the model {e.Model} by POST {e.Url}{(e.TakesImages ? ", with pictures" : "")}{(e.Synthetic == true ? "; it is synthetic: trained on drawn pictures" : "")}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  revision {e.Revision}, since {Grid.Time(e.ChangedAt)}{(e.StickyHeader is { } header ? $"; users keep their variant by {header}" : "")}"));
        var grid = new Grid("VARIANT", "MEANS", ">VERSION", ">SHARE", ">REQUESTS", ">ERRORS", "?>P50", "?>P99", "?>RIGHT", "?>WRONG", "?>AGREES");
        foreach (var v in e.Variants)
        {
            Add(grid, v.Name, v.Target, v.Version, v.State, Percent(v.Share), v.Counts);
        }

        foreach (var s in e.Shadows)
        {
            Add(grid, $"{s.Name} (shadow)", s.Target, s.Version, s.State, Percent(s.Fraction), s.Counts);
        }

        grid.Write(terminal);
        if (e.Rollout is { } rollout)
        {
            Write(terminal, rollout);
        }
    }

    public static void Write(Terminal terminal, RolloutView r)
    {
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Rollout {r.Id} of version {r.CanaryVersion}: {r.Status.Replace('_', ' ')}, stage {r.Stage + 1} of {r.Stages.Count} ({Percent(r.Stages[r.Stage] / 100)} to {r.Canary}), {r.CanaryRequests:N0} of {r.MinSamplesPerStage:N0} samples{(r.EndedAt is { } end ? $", ended {Grid.Time(end)}" : $", since {Grid.Time(r.StageStartedAt)}")}"));
        if (r.Reason is { } reason)
        {
            terminal.Out.WriteLine($"  {reason}");
        }

        var grid = new Grid("METRIC", $">{r.Control.ToUpperInvariant()}", $">{r.Canary.ToUpperInvariant()}", ">MARGIN", "?>E AGAINST", "?>E FOR", "?>NEEDED", "VERDICT");
        foreach (var t in r.Tests)
        {
            grid.Add(t.Metric.Replace('_', ' '), Of(t.Control), Of(t.Canary), Percent(t.Margin), Number(t.ERollback), Number(t.EAdvance), Number(t.Needed), t.Verdict);
        }

        grid.Write(terminal);
    }

    /// <summary>What answers for a variant, in a few letters.</summary>
    public static string Answering(VariantView v) => v.Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{v.Name} v{version}") : v.Target.Remote is { } remote ? $"{v.Name} (cluster {remote})" : $"{v.Name} (no version)";

    public static string Of(RouteView? route) => route is null ? "–" : string.Join(
        ", ",
        route.Variants.Select(static v => string.Create(CultureInfo.InvariantCulture, $"{Named(v.Name, v.Target)}={v.Weight:0.####}"))
            .Concat(route.Shadows.Select(static s => string.Create(CultureInfo.InvariantCulture, $"shadow {Named(s.Name, s.Target)}={s.Fraction:0.####}"))));

    public static string Percent(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static void Add(Grid grid, string name, TargetView target, long? version, string state, string share, VariantCountsView c) => grid.Add(
        name,
        target.Remote is { } remote ? $"cluster {remote}" : target.Alias is { } alias ? $"alias {alias}" : "version",
        version is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number}{(state == VariantMeaning.Loaded ? "" : $", {StateWords(state)}")}") : target.Remote is null ? "none" : state == VariantMeaning.Loaded ? "theirs" : "not reached",
        share,
        Grid.Count(c.Requests),
        Grid.Count(c.Errors),
        Milliseconds(c.P50Ms),
        Milliseconds(c.P99Ms),
        Grid.Count(c.Positive),
        Grid.Count(c.Negative),
        c.Agreed + c.Disagreed == 0 ? "–" : Percent((double)c.Agreed / (c.Agreed + c.Disagreed)));

    private static string StateWords(string state) => state switch
    {
        VariantMeaning.Loading => "being loaded",
        VariantMeaning.Failed => "could not be loaded",
        _ => "not loaded",
    };

    // As `endpoints split` takes it.
    private static string Named(string name, TargetView target) =>
        target.Remote is { } remote ? (remote == name ? $"remote:{name}" : $"{name}@remote:{remote}") : target.Alias is { } alias ? (alias == name ? name : $"{name}@{alias}") : string.Create(CultureInfo.InvariantCulture, $"{(name == $"v{target.Version}" ? name : $"{name}@{target.Version}")}");

    private static string Of(ArmView arm) => arm.Rate is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{Percent(rate)} of {arm.N:N0}") : "–";

    private static string Number(double e) => e < 10_000 ? e.ToString("0.##", CultureInfo.InvariantCulture) : e.ToString("0.#e+0", CultureInfo.InvariantCulture);

    private static string Milliseconds(double? ms) => ms is { } time ? time.ToString(time < 10 ? "0.00" : "0.#", CultureInfo.InvariantCulture) + " ms" : "–";
}
