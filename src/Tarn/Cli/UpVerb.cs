using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn;

/// <summary><c>up</c>.</summary>
internal static class UpVerb
{
    public static Command Create(CommandLine cli)
    {
        var systems = new Argument<string[]>("SYSTEM")
        {
            Description = cli.Program.Systems.Count == 0 ? "The systems to start." : $"The systems to start, of {string.Join(", ", cli.Program.Systems.Select(static s => s.Plan.Name))}; default all.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var urls = new Option<string?>("--urls") { Description = $"Where to listen, elsewhere than on loopback only with Security:Authentication=required; default {TarnOptions.DefaultUrls}.", HelpName = "URL" };
        var open = new Option<bool>("--open") { Description = "Open the console in the browser." };
        var own = cli.Program.Options.Select(static o => (Option: new Option<string?>(o.Name) { Description = o.Help, HelpName = "VALUE" }, o.Key)).ToList();
        var first = cli.Program.Systems.Count > 0 ? cli.Program.Systems[0].Plan.Name : "quakes";
        var command = CommandLine.Plain(
            "up",
            "Start the systems: schedules, APIs and the console on one port, until Ctrl-C.",
            ["{0} up", $"{{0}} up {first} --urls http://127.0.0.1:9000", "{0} up --data /var/lib/tarn", .. cli.Program.Options.Where(static o => o.Example is not null).Select(static o => $"{{0}} {o.Example}")],
            [systems, urls, open, .. own.Select(static o => o.Option)]);
        command.SetAction(async (parse, cancellation) =>
        {
            var options = cli.Global.Read(parse);
            var settings = options.Settings();
            if (parse.GetValue(urls) is { } given)
            {
                settings[TarnOptions.UrlsKey] = given;
            }

            foreach (var (option, key) in own)
            {
                if (parse.GetValue(option) is { } value)
                {
                    settings[key] = value;
                }
            }

            var names = parse.GetValue(systems) ?? [];
            foreach (var name in names.Where(n => !cli.Program.Systems.Any(s => s.Plan.Name == n)))
            {
                throw TarnException.InvalidInput(name.StartsWith('-') ? $"`up` has no such option; see `{cli.Program.Name} up --help`." : $"`up` starts systems of this program: {string.Join(", ", cli.Program.Systems.Select(static s => s.Plan.Name))}.", name);
            }

            var request = new HostRequest
            {
                DataDirectory = options.DataDirectory(cli.Program, cli.Surroundings),
                Command = $"{cli.Program.Name} up{string.Concat(names.Select(static n => $" {n}"))}",
                IsServer = true,
                Systems = names,
                Settings = settings,
            };
            return await ServeAsync(cli, request, options.Json, parse.GetValue(open), cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> ServeAsync(CommandLine cli, HostRequest request, bool json, bool open, CancellationToken cancellation)
    {
        using var stop = StopSignals.Link(cli.Surroundings, cancellation);
        TarnHost host;
        try
        {
            host = await TarnHost.StartAsync(cli.Program, cli.Surroundings, request, stop.Token).ConfigureAwait(false);
        }
        catch (TarnException exception)
        {
            return cli.Fail(exception, json, starting: true);
        }

        await using (host.ConfigureAwait(false))
        {
            var status = await host.Services.GetRequiredService<StatusReport>().ReadAsync(stop.Token).ConfigureAwait(false);
            UpBanner.Write(cli.Terminal, status, json);
            if (open)
            {
                Browser.Open(host.Url);
            }

            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registration = stop.Token.Register(stopped.SetResult);
            await stopped.Task.ConfigureAwait(false);
            if (!json)
            {
                cli.Terminal.Out.WriteLine("Stopping.");
            }
        }

        return 0;
    }
}
