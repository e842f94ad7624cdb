using System.CommandLine;
using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary><c>models …</c>.</summary>
internal static class ModelVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "models",
        "Registered models: versions, which of them is champion, and who made it so.",
        ["{0} models list", "{0} models promote pizza 7 --reason \"0.96 on the test set\"", "{0} models which pizza --at 2026-11-22T12:00:00Z"],
        List(cli),
        Show(cli),
        Promote(cli),
        Rollback(cli),
        Ledger(cli),
        Which(cli));

    private static Argument<string> Model() => new("MODEL") { Description = "The model's name; `models list` shows them." };

    private static Option<string> Alias() => new("--alias") { Description = "The alias. Default champion.", DefaultValueFactory = static _ => "champion", HelpName = "ALIAS" };

    private static Option<string?> Reason() => new("--reason") { Description = "Why, for the ledger.", HelpName = "TEXT" };

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the registered models with what their aliases mean.",
        ["{0} models list", "{0} models list --json | jq -r '.[] | [.name, .aliases.champion] | @tsv'"],
        static call => call.ShowAsync("/api/v1/models?limit=1000", ApiJson.Default.IReadOnlyListRegisteredModelView, models =>
        {
            if (models.Count == 0)
            {
                call.Terminal.Out.WriteLine("No models are registered.");
                return;
            }

            var grid = new Grid("MODEL", ">LAST VERSION", "~ALIASES", "CHANGED", "?~DESCRIPTION");
            foreach (var m in models)
            {
                grid.Add(m.Name, Grid.Count(m.LastVersion), string.Join(", ", m.Aliases.Select(static a => $"{a.Key} {Text(a.Value)}")), Grid.Time(m.UpdatedAt), m.Description);
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var model = Model();
        return cli.Verb(
            "show",
            "Show one model with its versions.",
            ["{0} models show pizza"],
            call => call.ShowAsync($"/api/v1/models/{VerbCall.Escape(call.Value(model))}", ApiJson.Default.RegisteredModelDetailsView, details =>
            {
                var m = details.Model;
                call.Terminal.Out.WriteLine(m.Name);
                if (m.Description.Length > 0)
                {
                    call.Terminal.Out.WriteLine($"  {m.Description}");
                }

                var grid = new Grid(">VERSION", "~ALIASES", "REGISTERED", "?BY", "?RUN", "?>SIZE", "?~DESCRIPTION");
                foreach (var v in details.Versions)
                {
                    grid.Add(Text(v.Version), string.Join(", ", v.Aliases), Grid.Time(v.CreatedAt), v.User, v.RunId, Sizes.Show(v.Files.Sum(static f => f.Size)), v.Description);
                }

                grid.Write(call.Terminal);
            }),
            model);
    }

    private static Command Promote(CommandLine cli)
    {
        var (model, alias, reason) = (Model(), Alias(), Reason());
        var version = new Argument<long>("VERSION") { Description = "The version's number; `models show MODEL` shows them." };
        return cli.Verb(
            "promote",
            "Give an alias, by default champion, to a version.",
            ["{0} models promote pizza 7", "{0} models promote pizza 8 --alias challenger --reason \"trained on November\""],
            async call =>
            {
                var body = new PromoteBody(call.Value(version), call.Value(alias), call.Value(reason), Environment.UserName, null, null);
                var answer = await call.Api.PostAsync($"/api/v1/models/{VerbCall.Escape(call.Value(model))}/promote", body, ApiJson.Default.PromoteBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.AliasMoveView, move => Say(call, move, "is"));
            },
            model,
            version,
            alias,
            reason);
    }

    private static Command Rollback(CommandLine cli)
    {
        var (model, alias, reason) = (Model(), Alias(), Reason());
        return cli.Verb(
            "rollback",
            "Give an alias, by default champion, back to the version that it meant before; done again, it goes back further.",
            ["{0} models rollback pizza --reason \"slow on phones\""],
            async call =>
            {
                var body = new RollbackBody(call.Value(alias), call.Value(reason), Environment.UserName);
                var answer = await call.Api.PostAsync($"/api/v1/models/{VerbCall.Escape(call.Value(model))}/rollback", body, ApiJson.Default.RollbackBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.AliasMoveView, move => Say(call, move, "is again"));
            },
            model,
            alias,
            reason);
    }

    private static Command Ledger(CommandLine cli)
    {
        var model = Model();
        var alias = new Option<string?>("--alias") { Description = "Only this alias. Default all.", HelpName = "ALIAS" };
        var limit = new Option<int>("--limit") { Description = "At most so many; 1 to 1000.", DefaultValueFactory = static _ => 50, HelpName = "N" };
        return cli.Verb(
            "ledger",
            "Show what happened to a model's aliases, newest first: who, when, from, to, why.",
            ["{0} models ledger pizza", "{0} models ledger pizza --alias champion --json | jq '.[0].verdict'"],
            call => call.ShowAsync(
                $"/api/v1/models/{VerbCall.Escape(call.Value(model))}/ledger?limit={call.Value(limit).ToString(CultureInfo.InvariantCulture)}{(call.Value(alias) is { } a ? $"&alias={VerbCall.Escape(a)}" : "")}",
                ApiJson.Default.IReadOnlyListLedgerEntryView,
                entries =>
                {
                    if (entries.Count == 0)
                    {
                        call.Terminal.Out.WriteLine("The ledger has no entries of it.");
                        return;
                    }

                    var grid = new Grid("AT", "ALIAS", "WHAT", ">FROM", ">TO", ">CANDIDATE", "WHO", "~WHY");
                    foreach (var e in entries)
                    {
                        grid.Add(Grid.Time(e.At), e.Alias, e.Kind.Replace('_', ' '), Text(e.From), Text(e.To), Text(e.Candidate), e.Who, e.Reason);
                    }

                    grid.Write(call.Terminal);
                }),
            model,
            alias,
            limit);
    }

    private static Command Which(CommandLine cli)
    {
        var (model, alias) = (Model(), Alias());
        var at = new Option<string?>("--at") { Description = "The point in time, ISO 8601, UTC unless an offset is given. Default now.", HelpName = "TIME" };
        return cli.Verb(
            "which",
            "Say which version an alias, by default champion, means, or meant at a point in time.",
            ["{0} models which pizza", "{0} models which pizza --at 2026-11-22T12:00:00Z"],
            call =>
            {
                if (call.Value(at) is { } time && !Instants.TryParse(time, out _))
                {
                    throw TarnException.InvalidInput($"--at is a point in time. {Instants.Rule}", time);
                }

                return call.ShowAsync(
                    $"/api/v1/models/{VerbCall.Escape(call.Value(model))}/aliases/{VerbCall.Escape(call.Value(alias)!)}{(call.Value(at) is { } t ? $"?at={VerbCall.Escape(t)}" : "")}",
                    ApiJson.Default.AliasAtView,
                    found => call.Terminal.Out.WriteLine(found.Version is { } version ? Text(version) : $"{found.Model} had no {found.Alias} at {Grid.Time(found.At)}."));
            },
            model,
            alias,
            at);
    }

    private static void Say(VerbCall call, AliasMoveView move, string verb) => call.Terminal.Out.WriteLine(
        move.Entry is { } entry
            ? $"Version {Text(move.Version)} of {move.Model} {verb} {move.Alias}{(entry.From is { } from ? $"; before it was version {Text(from)}" : "")}."
            : $"Version {Text(move.Version)} of {move.Model} is {move.Alias} already.");

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "–";
}
