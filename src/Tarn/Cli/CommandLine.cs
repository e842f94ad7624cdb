using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>The command line: its verbs, their help, and what an error looks like.</summary>
internal sealed class CommandLine
{
    private readonly ProgramSurroundings _surroundings;
    private readonly Command _root;

    public CommandLine(ProgramPlan program, ProgramSurroundings surroundings)
    {
        _surroundings = surroundings;
        Program = program;
        Locator = new ServerLocator(program, surroundings);
        _root = new Command(program.Name, "Tarn: events from where they happen to where they are used, in one process.");
        _root.Options.Add(Global.Data);
        _root.Options.Add(Global.Server);
        _root.Options.Add(Global.Json);
        _root.Options.Add(Global.Set);
        _root.Options.Add(Global.ApiKey);
        _root.Subcommands.Add(UpVerb.Create(this));
        _root.Subcommands.Add(PipelineVerbs.Create(this));
        _root.Subcommands.Add(RunVerbs.Create(this));
        _root.Subcommands.Add(NodesVerb.Create(this));
        _root.Subcommands.Add(TableVerbs.Create(this));
        _root.Subcommands.Add(TopicVerbs.Create(this));
        _root.Subcommands.Add(DatasetVerbs.Create(this));
        _root.Subcommands.Add(BackboneVerbs.Create(this));
        _root.Subcommands.Add(TrackingVerbs.Experiments(this));
        _root.Subcommands.Add(TrackingVerbs.Runs(this));
        _root.Subcommands.Add(ModelVerbs.Create(this));
        _root.Subcommands.Add(EndpointVerbs.Create(this));
        _root.Subcommands.Add(TrainVerb.Create(this));
        _root.Subcommands.Add(PredictVerb.Create(this));
        _root.Subcommands.Add(AlertVerbs.Create(this));
        _root.Subcommands.Add(KeyVerbs.Create(this));
        _root.Subcommands.Add(AuditVerbs.Create(this));
        _root.Subcommands.Add(DoctorVerb.Create(this));
        _root.Subcommands.Add(VersionVerb.Create(this));
        _root.Subcommands.Add(RunAttemptVerb.Create(this));
        var help = new HelpOption();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, surroundings.Terminal, Program.Name);
        _root.Options.Add(help);
        HelpWithExamples.Describe(
            _root,
            "{0} up                                              start every system and the console",
            "{0} pipelines run P --wait                          run a pipeline now",
            "{0} tables query \"select count(*) from silver.t\"    ask the tables",
            "{0} VERB --help                                     more on a verb, with examples");
    }

    public ProgramPlan Program { get; }

    public GlobalOptions Global { get; } = new();

    public ServerLocator Locator { get; }

    public Terminal Terminal => _surroundings.Terminal;

    public ProgramSurroundings Surroundings => _surroundings;

    public Command Root => _root;

    private InvocationConfiguration Invocation => new() { Output = Terminal.Out, Error = Terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        if (arguments.Length == 0)
        {
            await _root.Parse(["--help"]).InvokeAsync(Invocation, cancellation).ConfigureAwait(false);
            return 2;
        }

        var parse = _root.Parse(arguments is ["--version", ..] ? ["version", .. arguments.Skip(1)] : arguments);
        var json = arguments.Contains("--json", StringComparer.Ordinal);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction and not HelpWithExamples)
        {
            return FailUsage(parse, json);
        }

        try
        {
            return await parse.InvokeAsync(Invocation, cancellation).ConfigureAwait(false);
        }
        catch (TarnException exception)
        {
            return Fail(exception, json);
        }
        catch (OperationCanceledException)
        {
            Terminal.Error.WriteLine("Interrupted.");
            return 1;
        }
        catch (Exception exception) when (_surroundings.OwnsProcess)
        {
            // A fault of ours: said with all that a report of it needs.
            Terminal.Error.WriteLine($"error: Tarn failed at this, which it should not: {exception.Message}");
            Terminal.Error.WriteLine("  remedy: please report it, with these lines:");
            Terminal.Error.WriteLine(exception);
            return 1;
        }
    }

    /// <summary>A verb that speaks to a server, or to a host of its own.</summary>
    public Command Verb(string name, string description, string[] examples, Func<VerbCall, Task<int>> action, params Symbol[] symbols)
    {
        var command = Plain(name, description, examples, symbols);
        command.SetAction(async (parse, cancellation) =>
        {
            using var stop = StopSignals.Link(_surroundings, cancellation);
            var options = Global.Read(parse);
            var connection = await Locator.ConnectAsync(options, stop.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await action(new VerbCall(parse, options, connection, Terminal, stop.Token)).ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>A verb, its action still to be set.</summary>
    public static Command Plain(string name, string description, string[] examples, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
        }

        HelpWithExamples.Describe(command, examples);
        return command;
    }

    /// <summary>A noun: a command that only holds verbs.</summary>
    public static Command Noun(string name, string description, string[] examples, params Command[] verbs)
    {
        var command = Plain(name, description, examples);
        foreach (var verb in verbs)
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }

    /// <summary>Says what went wrong on standard error, in words or as a problem document, and gives the exit code.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="json">Whether a problem document is wanted.</param>
    /// <param name="starting">Whether a start failed: that is a failure (1), also where a value was at fault; else a value from the command line is usage (2).</param>
    public int Fail(TarnException exception, bool json, bool starting = false)
    {
        if (json)
        {
            Terminal.Error.WriteLine(JsonSerializer.Serialize(Problems.Of(exception, instance: null), ApiJson.Plain.ProblemView));
        }
        else
        {
            Terminal.Error.WriteLine($"error: {exception.Rule}");
            if (exception.Value is not null)
            {
                Terminal.Error.WriteLine($"  value:  {exception.Value}");
            }

            if (exception.Remedy is not null)
            {
                Terminal.Error.WriteLine($"  remedy: {exception.Remedy}");
            }
        }

        return exception.Kind == ErrorKind.InvalidInput && !starting ? 2 : 1;
    }

    private int FailUsage(ParseResult parse, bool json)
    {
        var command = parse.CommandResult.Command;
        var path = HelpWithExamples.PathOf(command);
        var verbs = string.Join(", ", command.Subcommands.Where(static s => !s.Hidden).Select(static s => s.Name));
        if (command.Subcommands.Count > 0)
        {
            var unknown = parse.UnmatchedTokens.FirstOrDefault();
            return Fail(
                TarnException.InvalidInput(unknown is null ? $"`{path}` needs one of its verbs: {verbs}." : $"`{path}` has no verb of that name; it has {verbs}.", unknown, $"See `{path} --help`."), json);
        }

        return Fail(TarnException.InvalidInput(string.Join(' ', parse.Errors.Select(static e => e.Message)), null, $"See `{path} --help`."), json);
    }
}
