namespace Tarn.Training;

/// <summary>
/// The port of everything that learns: rows of some kind go in, a model comes out that can be evaluated and exported. A trainer of images, of table rows or of time series differs in
/// its <typeparamref name="TData"/>, never in what is done with it: tuning, evaluation, gate and registry see only this.
/// </summary>
/// <remarks>
/// Every trainer promises:
/// <list type="bullet">
/// <item>Equal data, settings and seed give an equal model, bit for bit on the same kind of processor, whatever the number of threads.</item>
/// <item>Nothing is learnt from validation rows but when to stop, and what is chosen or calibrated by them; nothing at all from test rows.</item>
/// <item>What is exported computes what the model itself was evaluated with: preprocessing is in the exported graph.</item>
/// <item>Training that was cancelled throws <see cref="OperationCanceledException"/> and leaves nothing behind; with the last checkpoint it goes on with the same result.</item>
/// </list>
/// </remarks>
/// <typeparam name="TData">The rows: with what is to be learnt of them.</typeparam>
public abstract class Trainer<TData>
    where TData : class
{
    /// <summary>What kind of trainer it is, in lower case: <c>image</c>, <c>features</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Learns.</summary>
    /// <param name="train">The rows to learn from.</param>
    /// <param name="validation">The rows by which to stop, choose and calibrate; null where there are none to spare.</param>
    /// <param name="run">How it is run, and what is told meanwhile.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="Tarn.Core.TarnException">The rows or the settings cannot be learnt with; the message names what, and the remedy.</exception>
    public abstract Task<TrainedModel<TData>> FitAsync(TData train, TData? validation, TrainerRun run, CancellationToken cancellation = default);
}

/// <summary>What a trainer made. Immutable.</summary>
/// <typeparam name="TData">The rows that it takes.</typeparam>
public abstract class TrainedModel<TData>
    where TData : class
{
    /// <summary>What a person should know of the training: classes with a single row, for example. Perhaps nothing.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>How good it is on rows.</summary>
    public abstract Task<ModelReport> EvaluateAsync(TData rows, CancellationToken cancellation = default);

    /// <summary>The model's files by name: <c>model.onnx</c>, and what else belongs to it. The graph was run, and agreed with the model.</summary>
    public abstract Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> ExportAsync(CancellationToken cancellation = default);
}

/// <summary>How a training is run; nothing here but the seed changes its result.</summary>
public sealed class TrainerRun
{
    /// <summary>What all randomness is drawn from. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Threads at most, at least 1. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The checkpoint to go on from, or null.</summary>
    public byte[]? ResumeFrom { get; init; }

    /// <summary>Called after each step (an epoch, a boosting round); false ends the training with what there is. Default: none.</summary>
    public Func<TrainerStep, bool>? OnStep { get; init; }
}

/// <summary>A step of a training.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Metrics">What was measured by it: <c>train_loss</c>, <c>validation_loss</c>, <c>validation_accuracy</c>, <c>learning_rate</c>, …; named as in a training run's metrics.</param>
/// <param name="Checkpoint">Makes a checkpoint of it; to be called only meanwhile.</param>
public sealed record TrainerStep(int Step, IReadOnlyDictionary<string, double> Metrics, Func<byte[]> Checkpoint);

/// <summary>How good a model is on rows.</summary>
/// <param name="Task">What it does: <c>classification</c>, <c>regression</c>, <c>forecast</c>.</param>
/// <param name="Metrics">Numbers by name, as in a training run's metrics; those that are not defined are not there.</param>
/// <param name="Classification">The whole evaluation, of a classifier; else null.</param>
public sealed record ModelReport(string Task, IReadOnlyDictionary<string, double> Metrics, EvaluationResult? Classification);
