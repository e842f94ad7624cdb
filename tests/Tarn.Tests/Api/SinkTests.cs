using Tarn.Log;
using Tarn.Streams;
using Xunit;

namespace Tarn.Tests;

/// <summary>A sink that runs with the server: what is produced is in its table, and what it does can be seen.</summary>
public sealed class SinkTests : IAsyncLifetime
{
    private readonly TestServer _server = new() { Program = Program };

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_is_produced_arrives_in_the_table_and_the_sink_tells_where_it_is()
    {
        await _server.PostAsync("/api/v1/topics/notes/records", """{"key":"s1","value":{"id":"s1","text":"by a sink","weight":1,"written":"2026-11-22T08:00:00Z"}}""", type: "application/x-ndjson");
        await _server.PostAsync("/api/v1/topics/notes/records", """{"key":"s2","value":{"weight":"heavy"}}""", type: "application/x-ndjson");
        var sink = (await _server.GetAsync("/api/v1/sinks"))[0]!;
        while ((long)sink["records"]! < 1 || (long)sink["quarantined"]! < 1)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            sink = (await _server.GetAsync("/api/v1/sinks"))[0]!;
        }

        Assert.Equal(("notes", "bronze.notes_received", "running"), ((string)sink["topic"]!, (string)sink["sink"]!, (string)sink["state"]!));
        Assert.Equal(0, sink["partitions"]!.AsArray().Sum(static p => (long)p!["lag"]!));
        Assert.Null(sink["error"]);
        var rows = await _server.PostAsync("/api/v1/query", """{"sql":"select id, text from bronze.notes_received where id = 's1'"}""");
        Assert.Contains("by a sink", rows.ToJsonString(), StringComparison.Ordinal);
    }

    private static TarnAppBuilder Program(string[] arguments)
    {
        var tarn = TarnApp.CreateBuilder(arguments);
        var topic = tarn.AddTopic<Note>("notes", static n => n.Id, new TopicOptions { Partitions = 2 });
        var received = tarn.AddAppendTable<ReceivedNote>("bronze.notes_received");
        tarn.AddSink(topic, received, static (record, note) => new ReceivedNote(note.Id, note.Text, record.Partition, record.Offset), new WriteTriggers { Age = TimeSpan.FromMilliseconds(20) });
        return tarn;
    }

    /// <summary>A note as the topic had it.</summary>
    public sealed record ReceivedNote(string Id, string Text, int Partition, long Offset);
}
