using System.CommandLine;
using Tarn.Pipelines;

namespace Tarn;

/// <summary><c>run-attempt</c>, which the program calls itself with, and people do not: the process of one attempt.</summary>
internal static class RunAttemptVerb
{
    public const string Name = "run-attempt";

    public static Command Create(CommandLine cli)
    {
        var pipe = new Argument<string>("PIPE") { Description = "Where the parent listens." };
        var command = CommandLine.Plain(Name, "Run one attempt at a task, as the server that started this process orders on standard input.", ["{0} run-attempt PIPE"], pipe);
        command.Hidden = true;
        command.SetAction(async (parse, _) =>
        {
            using var commands = System.Console.OpenStandardInput();

            // Standard input is the parent's: code that reads it gets its end at once.
            System.Console.SetIn(TextReader.Null);
            return await ChildAttempt.RunAsync(
                commands,
                parse.GetRequiredValue(pipe),
                async (input, stop) => await ChildHost.OpenAsync(cli.Program, cli.Surroundings, ChildStart.Parse(input!), stop).ConfigureAwait(false)).ConfigureAwait(false);
        });
        return command;
    }
}
