using Dapper;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>Trials in the metadata store. A checkpoint of a trial is forgotten when its next call is kept.</summary>
internal sealed class MetadataTrialStore(MetadataStore metadata) : TrialStore
{
    private const string Component = "training";

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE training_study(name TEXT PRIMARY KEY, definition TEXT NOT NULL);
        CREATE TABLE training_trial(
            study TEXT NOT NULL, number INTEGER NOT NULL, rung INTEGER NOT NULL, budget REAL NOT NULL, parameters TEXT NOT NULL, value REAL, reason TEXT, checkpoint BLOB,
            PRIMARY KEY(study, number, rung));
        """,
    ];

    public override Task SaveAsync(string study, TrialEvaluation evaluation, CancellationToken cancellation = default) => metadata.WriteAsync(
        async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO training_trial(study, number, rung, budget, parameters, value, reason, checkpoint)
                VALUES (@study, @Trial, @Rung, @Budget, @parameters, @Value, @reason, @Checkpoint)
                ON CONFLICT(study, number, rung) DO UPDATE SET budget = excluded.budget, parameters = excluded.parameters, value = excluded.value, reason = excluded.reason,
                    checkpoint = excluded.checkpoint
                """,
                new
                {
                    study,
                    evaluation.Trial,
                    evaluation.Rung,
                    evaluation.Budget,
                    parameters = evaluation.Parameters.ToJson(),
                    evaluation.Value,
                    reason = StoredText.Clean(evaluation.Reason),
                    evaluation.Checkpoint,
                },
                transaction).ConfigureAwait(false);
            return await connection.ExecuteAsync(
                "UPDATE training_trial SET checkpoint = NULL WHERE study = @study AND number = @Trial AND rung < @Rung AND checkpoint IS NOT NULL",
                new { study, evaluation.Trial, evaluation.Rung },
                transaction).ConfigureAwait(false);
        },
        cancellation: cancellation);

    protected override async Task<string> BeginAsync(string study, string definition, CancellationToken cancellation)
    {
        await metadata.MigrateAsync(Component, Scripts, cancellation).ConfigureAwait(false);
        return await metadata.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(
                    "INSERT INTO training_study(name, definition) VALUES (@study, @definition) ON CONFLICT(name) DO NOTHING", new { study, definition }, transaction).ConfigureAwait(false);
                return await connection.QuerySingleAsync<string>("SELECT definition FROM training_study WHERE name = @study", new { study }, transaction).ConfigureAwait(false);
            },
            cancellation: cancellation).ConfigureAwait(false);
    }

    protected override Task<IReadOnlyList<TrialEvaluation>> LoadAsync(string study, CancellationToken cancellation) => metadata.ReadAsync<IReadOnlyList<TrialEvaluation>>(
        async connection =>
        [
            .. (await connection.QueryAsync<Row>(
                "SELECT number, rung, budget, parameters, value, reason, checkpoint FROM training_trial WHERE study = @study ORDER BY number, rung", new { study }).ConfigureAwait(false))
                .Select(static r => new TrialEvaluation((int)r.Number, (int)r.Rung, r.Budget, TrialParameters.FromJson(r.Parameters), r.Value, r.Reason, r.Checkpoint)),
        ],
        cancellation);

    private sealed class Row
    {
        public long Number { get; set; }

        public long Rung { get; set; }

        public double Budget { get; set; }

        public string Parameters { get; set; } = "";

        public double? Value { get; set; }

        public string? Reason { get; set; }

        public byte[]? Checkpoint { get; set; }
    }
}
