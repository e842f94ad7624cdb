using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Streams;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class FeedbackLogTests : IAsyncDisposable
{
    private readonly PredictionWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Predictions_and_what_became_known_of_them_are_joined_in_the_lake()
    {
        await using (var log = await _world.OpenAsync())
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.True(PredictionWorld.Write(log, i));
            }

            await log.DrainAsync(Cancellation);
        }

        var feedback = await FeedbackLog.OpenAsync(_world.Topics, cancellation: Cancellation);
        await feedback.RecordAsync(new FeedbackRecord { PredictionId = PredictionWorld.IdOf(7).ToString("D").ToUpperInvariant(), At = DateTimeOffset.UnixEpoch, Label = "steak", Correct = false, Score = 0.25 }, Cancellation);
        await using var lake = new Lake.Lake(new LocalObjectStore(Path.Combine(_world.Folder, "lake")), null, _world.Time, IdSource.CreateSeeded(_world.Time, 1), NullLoggerFactory.Instance);
        var runner = new SinkRunner(NullLoggerFactory.Instance);
        var predictions = await lake.EnsureTableAsync(TableDefinition.Of<PredictionRow>(PredictionTopics.PredictionsTable, static p => p.At), Cancellation);
        var given = await lake.EnsureTableAsync(TableDefinition.Of<FeedbackRow>(PredictionTopics.FeedbackTable, static f => f.At), Cancellation);
        var first = PredictionTopics.Predictions(_world.Topics);
        var second = PredictionTopics.Feedback(_world.Topics);
        await runner.DrainAsync(first, new LakeSink<PredictionRecord, PredictionRow>(predictions, PredictionRow.From, QuarantineTable.ForTopic(lake, first.Name)), cancellation: Cancellation);
        await runner.DrainAsync(second, new LakeSink<FeedbackRecord, FeedbackRow>(given, FeedbackRow.From, QuarantineTable.ForTopic(lake, second.Name)), cancellation: Cancellation);
        await using var result = await lake.Sql.QueryAsync(
            $"select p.prediction_id, p.latency_us, p.inputs_sha256, p.outputs, f.label, f.correct, f.score from {predictions.Name} p join {given.Name} f using (prediction_id)", cancellationToken: Cancellation);
        var row = Assert.Single(await result.ToListAsync<Joined>(Cancellation));
        Assert.Equal((PredictionWorld.IdOf(7).ToString("n"), 1234L, "[0.25]", "steak", false, 0.25), (row.PredictionId, row.LatencyUs, row.Outputs, row.Label, row.Correct, row.Score));
        Assert.Equal(64, row.InputsSha256.Length);
    }

    [Fact]
    public async Task Feedback_that_says_nothing_or_names_no_prediction_is_refused()
    {
        var feedback = await FeedbackLog.OpenAsync(_world.Topics, cancellation: Cancellation);
        var good = new FeedbackRecord { PredictionId = PredictionWorld.IdOf(1).ToString("n"), At = DateTimeOffset.UnixEpoch, Correct = true };
        FeedbackRecord[] bad = [good with { PredictionId = "7" }, good with { Correct = null }, good with { Score = double.NaN }, good with { Comment = new string('x', 10_001) }];
        foreach (var record in bad)
        {
            Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => feedback.RecordAsync(record, Cancellation))).Kind);
        }

        Assert.Equal(0, (await feedback.RecordAsync(good, Cancellation)).Offset);
    }

    /// <summary>A row of the join.</summary>
    public sealed record Joined(string PredictionId, long LatencyUs, string InputsSha256, string Outputs, string Label, bool Correct, double Score);
}
