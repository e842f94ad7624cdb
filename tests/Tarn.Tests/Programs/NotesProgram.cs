using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Pipelines;

namespace Tarn.Tests;

/// <summary>A small program of the tests' own: one system with a topic, a keyed table, an append-only one, and pipelines that work, fail and wait.</summary>
internal static class NotesProgram
{
    public static readonly DateTimeOffset Epoch = new(2026, 11, 22, 8, 30, 0, 123, TimeSpan.Zero);

    /// <summary>Schedules begin when no test runs any more.</summary>
    private static readonly DateTimeOffset Later = new(2090, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly AsyncLocal<string?> ModelsOfTheTest = new();

    /// <summary>A folder of SQL models for the programs that this test makes; none by default.</summary>
    public static string? Models
    {
        get => ModelsOfTheTest.Value;
        set => ModelsOfTheTest.Value = value;
    }

    public static TarnAppBuilder Create(params string[] arguments)
    {
        var tarn = TarnApp.CreateBuilder(arguments);
        tarn.AddOption("--greeting", "Notes:Greeting", "What the notes begin with.");
        tarn.AddSystem("notes", "Notes of a test.", Configure);
        if (Models is { } models)
        {
            tarn.AddSystem("models", "SQL models of a test.", system => system.AddSqlModels("models", models, static p => p.Description("Models of notes.")));
        }

        tarn.AddSystem("idle", "Does nothing.", static s => s.Page("/idle"));
        return tarn;
    }

    private static void Configure(SystemBuilder notes)
    {
        notes.AddOptions<NotesOptions>("Notes");
        var topic = notes.AddTopic<Note>("notes", static n => n.Id, new TopicOptions { Partitions = 2 });
        var table = notes.AddTable<Note>("silver.notes", static t => t.Key(static n => n.Id).Newest(static n => n.Written).History().Describe("Notes by id."));
        notes.Services.AddSingleton<NoteGate>();
        notes.AddPipeline("write", p => p
            .Description("Writes three notes.")
            .Schedule("0 * * * *").StartAt(Later) // tests count what their own runs write
            .Task("produce", async (NotesOptions options, TaskContext run) =>
            {
                var made = Enumerable.Range(1, 3).Select(i => new Note(string.Create(CultureInfo.InvariantCulture, $"n{i}"), options.Greeting + " " + i, i, run.DataInterval.End)).ToList();
                await topic.Value.ProduceAsync(made, cancellation: run.CancellationToken);
                run.Log.LogInformationText("Produced three notes.");
                run.Log.LogProduced(made.Count);
                run.Report("notes", made.Count);
            })
            .Task("merge", async (KeyedTable<Note> silver, TaskContext run) =>
            {
                var result = await silver.MergeAsync([.. Enumerable.Range(1, 3).Select(i => new Note(string.Create(CultureInfo.InvariantCulture, $"n{i}"), "note", i, Epoch.AddHours(i)))], cancellationToken: run.CancellationToken);
                run.Report("inserted", result.Inserted);
            }, after: "produce"));
        notes.AddPipeline("apart", static p => p
            .Task("merge", async (KeyedTable<Note> silver, NotesOptions options, TaskContext run) =>
            {
                System.Console.WriteLine("merging");
                var result = await silver.MergeAsync([new Note("apart", options.Greeting, Environment.ProcessId, Epoch)], cancellationToken: run.CancellationToken);
                run.Report("inserted", result.Inserted);
                return Environment.ProcessId;
            }, configure: static t => t.ChildProcess())
            .Task("here", static ([Result("merge")] int process, TaskContext run) => run.Report("apart", process != Environment.ProcessId))
            .Task("produce", static async (Topic<Note> notes, TaskContext run) => await notes.ProduceAsync([new Note("n", "text", 1, Epoch)], cancellation: run.CancellationToken), configure: static t => t.ChildProcess().MayFail()));
        notes.AddPipeline("fail", p => p.Task("break", static void (TaskContext run) => throw new InvalidOperationException("The note broke.")));
        notes.AddPipeline("wait", p => p.Task("wait", static (NoteGate gate, TaskContext run) => gate.Open.Task.WaitAsync(run.CancellationToken)));
        notes.AddPipeline("hours", p => p
            .Description("Counts to a few.")
            .Schedule("@hourly").StartAt(Later).Sla(TimeSpan.FromSeconds(90))
            .Parameter("size", 3, "How far it counts.").Parameter<string?>("label", null)
            .Task("items", static ([Parameter] int size) => Enumerable.Range(0, size).ToList())
            .Map("each", "items", static ([Item] int item, TaskContext run) => run.Report("item", item)));
        notes.AddPipeline("held", p => p
            .Schedule("@daily").StartAt(Later)
            .Task("wait", static (TaskContext run) => Task.Delay(Timeout.Infinite, run.CancellationToken)));
        notes.AddPipeline("talk", p => p.Task("talk", static async (NoteGate gate, TaskContext run) =>
        {
            run.Log.LogInformationText("Said before the gate.");
            await gate.Talk.Task.WaitAsync(run.CancellationToken);
            run.Log.LogInformationText("Said after the gate.");
        }));
        notes.MapApi(static api => api.MapGet("/greeting", static (NotesOptions options) => TypedResults.Ok(new { options.Greeting, At = Epoch })));
        notes.ReportStatus(static (_, _) => Task.FromResult(new SystemStatus(SystemState.Ok, "Notes are taken.") { Details = new Dictionary<string, object?> { ["ink"] = 3 } }));
        notes.BeforeOpen(static (context, _) =>
        {
            if (context.Configuration["Notes:Place"] is { Length: > 0 } place)
            {
                context.UseSubdirectory(place);
                context.Override("Notes:Greeting", "Moved");
                context.Notices.Set("notes.place", NoticeLevel.Warning, $"Notes go to {place}.");
            }

            return Task.CompletedTask;
        });
        _ = table;
    }
}

/// <summary>Options of the notes.</summary>
internal sealed class NotesOptions
{
    [StringLength(20, MinimumLength = 1, ErrorMessage = "It has 1 to 20 characters.")]
    public string Greeting { get; set; } = "Hello";

    [Range(1, 10)]
    public int Size { get; set; } = 3;

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(5);

    public Uri? Address { get; set; }

    public string? Place { get; set; }
}

/// <summary>Lets the waiting pipeline go on.</summary>
internal sealed class NoteGate
{
    public TaskCompletionSource Talk { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
