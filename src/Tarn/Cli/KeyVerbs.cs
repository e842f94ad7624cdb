using System.CommandLine;
using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary><c>keys …</c>.</summary>
internal static class KeyVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "keys",
        "Keys: by which programs and people say who they are.",
        ["{0} keys create alice --role admin", "{0} keys create kiosk --endpoint pizza --verb predict --rate 50", "{0} keys list"],
        CreateKey(cli),
        List(cli),
        Rotate(cli),
        Revoke(cli));

    private static Command CreateKey(CommandLine cli)
    {
        var name = new Argument<string>("NAME") { Description = "Who or what it is for." };
        var role = new Option<string?>("--role") { Description = "viewer (reads), operator (starts, predicts) or admin (everything). Default, where it is narrowed, what the verbs need.", HelpName = "ROLE" };
        var endpoints = new Option<string[]>("--endpoint") { Description = "Only for this endpoint or model; may be repeated.", HelpName = "NAME" };
        var verbs = new Option<string[]>("--verb") { Description = "Only to predict, feedback or read; may be repeated.", HelpName = "VERB" };
        var rate = new Option<double?>("--rate") { Description = "At most so many requests a second. Default no limit.", HelpName = "N" };
        var burst = new Option<long?>("--burst") { Description = "So many at once before the rate holds. Default the requests of a second.", HelpName = "N" };
        var quota = new Option<long?>("--quota") { Description = "At most so many requests a day, in UTC. Default no limit.", HelpName = "N" };
        var expires = new Option<string?>("--expires") { Description = "It ends after so long, as in 90d. Default never.", HelpName = "DURATION" };
        return cli.Verb(
            "create",
            "Make a key; its text is shown this once.",
            ["{0} keys create alice --role admin", "{0} keys create kiosk --endpoint pizza --verb predict --verb feedback --rate 50 --quota 100000 --expires 90d", "TARN_API_KEY=$({0} keys create ci --role operator --json | jq -r .key)"],
            async call =>
            {
                if (call.Value(expires) is { } text && !Durations.TryParse(text, out _))
                {
                    throw TarnException.InvalidInput($"--expires is a duration. {Durations.Rule}", text);
                }

                var body = new NewKeyBody(call.Value(name), call.Value(role), call.Value(endpoints), call.Value(verbs), call.Value(rate), call.Value(burst), call.Value(quota), null, call.Value(expires));
                return call.Show(await call.Api.PostAsync("/api/v1/keys", body, SecurityJson.Default.NewKeyBody, call.Cancellation).ConfigureAwait(false), SecurityJson.Default.NewKeyView, made => Say(call, made));
            },
            name,
            role,
            endpoints,
            verbs,
            rate,
            burst,
            quota,
            expires);
    }

    private static Command List(CommandLine cli)
    {
        var all = new Option<bool>("--all") { Description = "Those that were revoked, too." };
        return cli.Verb(
            "list",
            "List the keys, without their secrets.",
            ["{0} keys list", "{0} keys list --all --json | jq -r '.[] | select(.state == \"expired\") | .id'"],
            call => call.ShowAsync($"/api/v1/keys?all={(call.Value(all) ? "true" : "false")}", SecurityJson.Default.IReadOnlyListKeyView, keys =>
            {
                if (keys.Count == 0)
                {
                    call.Terminal.Out.WriteLine("There are no keys.");
                    return;
                }

                var grid = new Grid("ID", "NAME", "STATE", "ROLE", "~ONLY FOR", "?>RATE", "?>TODAY", "?>A DAY", "?CREATED", "?EXPIRES", "LAST USED");
                foreach (var k in keys)
                {
                    grid.AddWithState(
                        2,
                        k.Id,
                        k.Name,
                        k.State,
                        k.Role,
                        string.Join(", ", k.Verbs.Concat(k.Endpoints)),
                        k.RatePerSecond?.ToString(CultureInfo.InvariantCulture) ?? "–",
                        Grid.Count(k.RequestsToday),
                        Grid.Count(k.RequestsPerDay),
                        Grid.Time(k.CreatedAt),
                        Grid.Time(k.ExpiresAt),
                        Grid.Time(k.LastUsedAt));
                }

                grid.Write(call.Terminal);
            }),
            all);
    }

    private static Command Rotate(CommandLine cli)
    {
        var id = Id();
        var grace = new Option<string?>("--grace") { Description = "The old secret goes on for so long, as in 1h; 0s ends it now. Default a day.", HelpName = "DURATION" };
        return cli.Verb(
            "rotate",
            "Give a key a new secret; the old one goes on for a while.",
            ["{0} keys rotate k3m9x2p7qa", "{0} keys rotate k3m9x2p7qa --grace 0s"],
            async call =>
            {
                var answer = await call.Api.PostAsync($"/api/v1/keys/{VerbCall.Escape(call.Value(id))}/rotate", new RotateBody(call.Value(grace)), SecurityJson.Default.RotateBody, call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, SecurityJson.Default.NewKeyView, made => Say(call, made));
            },
            id,
            grace);
    }

    private static Command Revoke(CommandLine cli)
    {
        var id = Id();
        return cli.Verb(
            "revoke",
            "End a key at once, and its sessions.",
            ["{0} keys revoke k3m9x2p7qa"],
            async call => call.Show(
                await call.Api.DeleteAsync($"/api/v1/keys/{VerbCall.Escape(call.Value(id))}", call.Cancellation).ConfigureAwait(false),
                SecurityJson.Default.KeyView,
                key => call.Terminal.Out.WriteLine($"The key {key.Name} ({key.Id}) is revoked.")),
            id);
    }

    private static Argument<string> Id() => new("ID") { Description = "The key's id; `keys list` shows it." };

    private static void Say(VerbCall call, NewKeyView made)
    {
        call.Terminal.Out.WriteLine(made.Key);
        var until = made.Details.PreviousUntil is { } end ? $" The secret before it goes on until {Grid.Time(end)}." : "";
        call.Terminal.Error.WriteLine($"This is the key {made.Details.Name} ({made.Details.Id}), role {made.Details.Role}. It is not shown again: keep it where secrets are kept.{until}");
    }
}
