using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Trains heads. The same specification, rows and seed give the same head, bit for bit, on the same kind of processor: whatever the number of threads, and also where the training was
/// interrupted and went on from a checkpoint.
/// </summary>
public sealed class HeadTrainer
{
    private readonly HeadSpec _spec;

    /// <summary>A trainer for heads of this kind.</summary>
    public HeadTrainer(HeadSpec spec) => _spec = spec;

    /// <summary>
    /// Trains a head and returns that of its best epoch. A class without a training row is an error; a class with one is trained on, and a warning says so.
    /// </summary>
    /// <param name="train">The rows to learn from.</param>
    /// <param name="validation">The rows by which early stopping, the learning rate and the best epoch are judged; null: the training rows' own loss is used, and L-BFGS stops only at its goal.</param>
    /// <param name="options">How it is run, or null for the defaults.</param>
    /// <param name="cancellation">Stops between two batches; what <see cref="HeadFitOptions.OnEpoch"/> kept as a checkpoint can be gone on from.</param>
    /// <exception cref="TarnException">A setting is out of range, rows are missing or do not match, the checkpoint belongs to another training, or the loss became infinite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public HeadFit Fit(HeadData train, HeadData? validation = null, HeadFitOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new HeadFitOptions();
        HeadSpecRules.Check(_spec, train.Classes.Count);
        train.CheckTrainable();
        validation?.CheckMatches(train);
        if (validation is { Labels.Count: 0 })
        {
            validation = null;
        }

        var fingerprint = new Lazy<string>(() => HeadCheckpoint.Fingerprint(train, validation));
        if (options.ResumeFrom is { } checkpoint && (checkpoint.Header.Spec != JsonSerializer.Serialize(_spec) || checkpoint.Header.Rows != fingerprint.Value))
        {
            throw TarnException.Conflict("A checkpoint is gone on from with the specification and the rows that it was made of.", $"epoch {checkpoint.Epoch}", "Pass the same ones, or begin anew.");
        }

        return new HeadSession(_spec, train, validation, options, fingerprint).Run(cancellation);
    }
}
