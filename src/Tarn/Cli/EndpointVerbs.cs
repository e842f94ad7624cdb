using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>endpoints …</c>.</summary>
internal static class EndpointVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "endpoints",
        "Endpoints: names by which models are called, how their requests are split, and rollouts of new versions.",
        ["{0} endpoints list", "{0} endpoints split pizza champion=90 challenger=10", "{0} endpoints rollout pizza --canary challenger"],
        List(cli),
        Show(cli),
        Make(cli),
        Delete(cli),
        Split(cli),
        Ledger(cli),
        RolloutVerb.Create(cli),
        Feedback(cli));

    public static Argument<string> Endpoint() => new("ENDPOINT") { Description = "The endpoint's name; `endpoints list` shows them." };

    public static Option<string?> Reason() => new("--reason") { Description = "Why, for the ledger.", HelpName = "TEXT" };

    public static string Path(string endpoint) => $"/api/v1/endpoints/{VerbCall.Escape(endpoint)}";

    private static Option<string[]> Shadow() => new("--shadow")
    {
        Description = "A version or alias that gets copies of a part of the requests, named as the variants are; --shadow none takes all away. May be repeated.",
        HelpName = "NAME[@TARGET]=PART",
    };

    private static Option<string?> Sticky() => new("--sticky-header") { Description = "The request header with the user's key, by which a user keeps a variant; \"\" for none.", HelpName = "HEADER" };

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the endpoints: their models, what answers, and what was counted.",
        ["{0} endpoints list", "{0} endpoints list --json | jq -r '.[] | [.name, .model] | @tsv'"],
        static call => call.ShowAsync("/api/v1/endpoints", ApiJson.Default.IReadOnlyListEndpointView, endpoints =>
        {
            if (endpoints.Count == 0)
            {
                call.Terminal.Out.WriteLine("There are no endpoints.");
                return;
            }

            var grid = new Grid("ENDPOINT", "MODEL", "~SPLIT", ">REQUESTS", ">ERRORS", "?ROLLOUT", "?CHANGED");
            foreach (var e in endpoints)
            {
                grid.Add(
                    e.Name,
                    e.Model,
                    string.Join(", ", e.Variants.Where(static v => v.Weight > 0).Select(static v => $"{EndpointText.Answering(v)} {EndpointText.Percent(v.Share)}")),
                    Grid.Count(e.Variants.Sum(static v => v.Counts.Requests)),
                    Grid.Count(e.Variants.Sum(static v => v.Counts.Errors)),
                    e.Rollout is { } r ? $"{r.Status.Replace('_', ' ')} at {EndpointText.Percent(r.Stages[r.Stage] / 100)}" : "",
                    Grid.Time(e.ChangedAt));
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var endpoint = Endpoint();
        return cli.Verb(
            "show",
            "Show one endpoint: its split, what was counted, and its rollout.",
            ["{0} endpoints show pizza"],
            call => call.ShowAsync(Path(call.Value(endpoint)), ApiJson.Default.EndpointView, e => EndpointText.Write(call.Terminal, e)),
            endpoint);
    }

    private static Command Make(CommandLine cli)
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "Its name: 1 to 64 lower-case letters, digits and hyphens." };
        var model = new Option<string>("--model") { Description = "The registered model, which need not be there yet.", HelpName = "MODEL", Required = true };
        var variants = new Argument<string[]>("VARIANT") { Description = "The split, as of `endpoints split`. Default: everything to the model's champion.", Arity = ArgumentArity.ZeroOrMore };
        var (shadow, sticky, reason) = (Shadow(), Sticky(), Reason());
        return cli.Verb(
            "create",
            "Make an endpoint.",
            ["{0} endpoints create pizza --model pizza", "{0} endpoints create pizza-next --model pizza champion=50 v7=50"],
            async call =>
            {
                var split = call.Parse.GetValue(variants) is { Length: > 0 } given ? SplitText.Variants(given) : null;
                var body = new EndpointBody(call.Value(endpoint), call.Value(model), split, Shadows(call.Value(shadow)), call.Value(sticky), call.Value(reason));
                var answer = await call.Api.PostAsync("/api/v1/endpoints", body, ApiJson.Default.EndpointBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.EndpointView, e => EndpointText.Write(call.Terminal, e));
            },
            endpoint,
            variants,
            model,
            shadow,
            sticky,
            reason);
    }

    private static Command Delete(CommandLine cli)
    {
        var (endpoint, reason) = (Endpoint(), Reason());
        return cli.Verb(
            "delete",
            "Delete an endpoint; its ledger stays.",
            ["{0} endpoints delete pizza-next --reason \"It is champion now\""],
            async call =>
            {
                await call.Api.DeleteAsync($"{Path(call.Value(endpoint))}{(call.Value(reason) is { } why ? $"?reason={VerbCall.Escape(why)}" : "")}", call.Cancellation).ConfigureAwait(false);
                call.Terminal.Out.WriteLine(call.Options.Json ? "{}" : $"The endpoint {call.Value(endpoint)} is gone; its ledger stays.");
                return 0;
            },
            endpoint,
            reason);
    }

    private static Command Split(CommandLine cli)
    {
        var variants = new Argument<string[]>("VARIANT")
        {
            Description = "NAME=WEIGHT: an alias, or v and a version's number, and its share in proportion to the others. NAME@TARGET=WEIGHT names a version's number or an alias otherwise.",
            Arity = ArgumentArity.OneOrMore,
        };
        var revision = new Option<long?>("--revision") { Description = "Refuse it where the endpoint has another revision by now; `endpoints show` says which it has.", HelpName = "N" };
        var (endpoint, shadow, sticky, reason) = (Endpoint(), Shadow(), Sticky(), Reason());
        return cli.Verb(
            "split",
            "Set how an endpoint's requests are split. The versions are loaded first: it takes effect at once, and no request fails.",
            ["{0} endpoints split pizza champion=90 challenger=10", "{0} endpoints split pizza champion=90 canary@7=10 --shadow v6=0.1", "{0} endpoints split pizza champion=1 --reason \"Back to one\""],
            async call =>
            {
                var body = new SplitBody(SplitText.Variants(call.Value(variants)), Shadows(call.Value(shadow)), call.Value(sticky), call.Value(revision), call.Value(reason));
                var answer = await call.Api.PutAsync($"{Path(call.Value(endpoint))}/split", body, ApiJson.Default.SplitBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.EndpointView, e => EndpointText.Write(call.Terminal, e));
            },
            endpoint,
            variants,
            shadow,
            sticky,
            revision,
            reason);
    }

    private static Command Ledger(CommandLine cli)
    {
        var endpoint = Endpoint();
        var limit = new Option<int>("--limit") { Description = "At most so many; 1 to 1000.", DefaultValueFactory = static _ => 50, HelpName = "N" };
        return cli.Verb(
            "ledger",
            "Show what happened to an endpoint, newest first: when, what, the split since, who, why.",
            ["{0} endpoints ledger pizza", "{0} endpoints ledger pizza --json | jq '.[0].verdict'"],
            call => call.ShowAsync(
                $"{Path(call.Value(endpoint))}/ledger?limit={call.Value(limit).ToString(CultureInfo.InvariantCulture)}",
                ApiJson.Default.IReadOnlyListEndpointLedgerView,
                entries =>
                {
                    if (entries.Count == 0)
                    {
                        call.Terminal.Out.WriteLine("The ledger has no entries of it.");
                        return;
                    }

                    var grid = new Grid("AT", "?>REVISION", "WHAT", "~SPLIT SINCE", "WHO", "~WHY");
                    foreach (var e in entries)
                    {
                        grid.Add(Grid.Time(e.At), e.Number.ToString(CultureInfo.InvariantCulture), e.Kind.Replace('_', ' '), EndpointText.Of(e.To), e.Who, e.Reason);
                    }

                    grid.Write(call.Terminal);
                }),
            endpoint,
            limit);
    }

    private static Command Feedback(CommandLine cli)
    {
        var endpoint = Endpoint();
        var prediction = new Argument<string>("PREDICTION") { Description = "The prediction_id of the answer." };
        var label = new Option<string?>("--label") { Description = "What would have been right.", HelpName = "L" };
        var correct = new Option<bool?>("--correct") { Description = "Whether it was right.", HelpName = "true|false" };
        var score = new Option<double?>("--score") { Description = "How good it was, in a measure of your own.", HelpName = "N" };
        var comment = new Option<string?>("--comment") { Description = "In words.", HelpName = "TEXT" };
        return cli.Verb(
            "feedback",
            "Say what became of a prediction. It goes to gold.feedback, and counts for the variant that had answered. Needs a running server.",
            ["{0} endpoints feedback pizza 0198f3c2a5d47c0e8a4f6b1d2e3c4a5b --correct true", "{0} endpoints feedback pizza 0198f3c2a5d47c0e8a4f6b1d2e3c4a5b --label not_pizza"],
            async call =>
            {
                NeedServer(call);
                var said = new FeedbackBody(call.Value(prediction), call.Value(label), call.Value(correct), call.Value(score), call.Value(comment));
                var answer = await call.Api.PostAsync($"/v1/endpoints/{VerbCall.Escape(call.Value(endpoint))}/feedback", said, FeedbackJson.Default.FeedbackBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.JsonElement, kept => call.Terminal.Out.WriteLine(
                    kept.TryGetProperty("counted", out var counted) && counted.ValueKind == JsonValueKind.True
                        ? "It is kept, and counts for the variant that had answered."
                        : "It is kept. The server does not remember the prediction, so it counts for no variant."));
            },
            endpoint,
            prediction,
            label,
            correct,
            score,
            comment);
    }

    /// <summary>Refuses what only a process that goes on serving can do.</summary>
    public static void NeedServer(VerbCall call)
    {
        if (call.IsOwnHost)
        {
            throw new TarnException(ErrorKind.Unavailable, "Endpoints answer in a running server, and there is none on the data directory.", null, "Start one with `up`, or name one by --server.");
        }
    }

    private static IReadOnlyList<ShadowBody>? Shadows(string[]? given) => given is not { Length: > 0 } ? null : given is ["none"] ? [] : SplitText.Shadows(given);
}
