using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Tarn;

/// <summary><c>doctor</c>.</summary>
internal static class DoctorVerb
{
    public static Command Create(CommandLine cli)
    {
        var command = CommandLine.Plain(
            "doctor",
            "Say what is installed, what is missing, and what that means.",
            ["{0} doctor", "{0} doctor --data /var/lib/tarn --json"]);
        command.SetAction(async (parse, cancellation) =>
        {
            var options = cli.Global.Read(parse);
            var view = await new Doctor(cli.Program, cli.Surroundings, options).ExamineAsync(cancellation).ConfigureAwait(false);
            if (options.Json)
            {
                cli.Terminal.Out.WriteLine(JsonSerializer.Serialize(view, ApiJson.Plain.DoctorView));
            }
            else
            {
                Write(cli.Terminal, view);
            }

            return view.Healthy ? 0 : 1;
        });
        return command;
    }

    private static void Write(Terminal terminal, DoctorView view)
    {
        foreach (var finding in view.Findings)
        {
            terminal.Console.MarkupLine($"{States.Markup(finding.State)}{new string(' ', 9 - finding.State.Length)}{finding.Subject,-15} {Markup.Escape(finding.Detail)}");
            if (finding.State != "ok" && finding.Remedy is not null)
            {
                terminal.Out.WriteLine($"{"",24} {finding.Remedy}");
            }
        }

        if (view.Settings.Count > 0)
        {
            var grid = new Grid("KEY", "~VALUE", "FROM");
            foreach (var setting in view.Settings)
            {
                grid.Add(setting.Key, setting.Value, setting.Source);
            }

            grid.Write(terminal);
        }

        terminal.Out.WriteLine(view.Healthy ? "Everything that is needed is there." : "Something that is needed is missing; see above.");
    }
}
