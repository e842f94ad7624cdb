using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>One pass over the rows, or one iteration of L-BFGS.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainLoss">The mean loss of the training rows while it went on (Adam) or after it (L-BFGS), with label smoothing, mixup and, for L-BFGS, weight decay.</param>
/// <param name="ValidationLoss">The mean cross-entropy of the validation rows after it, with class weights, without smoothing; null without such rows.</param>
/// <param name="ValidationAccuracy">The share of validation rows that it gets right, or null.</param>
/// <param name="LearningRate">Adam's learning rate during it; 0 for L-BFGS.</param>
public sealed record HeadEpoch(int Epoch, double TrainLoss, double? ValidationLoss, double? ValidationAccuracy, double LearningRate);

/// <summary>Why training ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HeadStop>))]
public enum HeadStop
{
    /// <summary>All epochs were done.</summary>
    Epochs,

    /// <summary>The loss had not become better for <see cref="HeadSpec.EarlyStoppingPatience"/> epochs.</summary>
    EarlyStopping,

    /// <summary>L-BFGS arrived: the gradient is as good as 0, or the loss falls no further.</summary>
    Converged,

    /// <summary><see cref="HeadFitOptions.OnEpoch"/> said so.</summary>
    Asked,
}

/// <summary>What came of training a head.</summary>
/// <param name="Head">The head of the best epoch.</param>
/// <param name="History">Every epoch, first to last, also those before a checkpoint.</param>
/// <param name="BestEpoch">The epoch whose loss was lowest: of the validation rows, or of the training rows where there are none.</param>
/// <param name="Stop">Why it ended.</param>
/// <param name="Warnings">What a person should know: classes with a single training row, for example. Perhaps none.</param>
public sealed record HeadFit(TrainedHead Head, IReadOnlyList<HeadEpoch> History, int BestEpoch, HeadStop Stop, IReadOnlyList<string> Warnings);

/// <summary>Training that is going on, after an epoch.</summary>
public sealed class HeadProgress
{
    private readonly Func<HeadCheckpoint> _checkpoint;

    internal HeadProgress(HeadEpoch epoch, Func<HeadCheckpoint> checkpoint) => (Epoch, _checkpoint) = (epoch, checkpoint);

    /// <summary>The epoch that has just ended.</summary>
    public HeadEpoch Epoch { get; }

    /// <summary>All that is needed to go on from here, copied. Only while <see cref="HeadFitOptions.OnEpoch"/> is called.</summary>
    public HeadCheckpoint Checkpoint() => _checkpoint();
}

/// <summary>How a training is run; nothing here changes its result.</summary>
public sealed class HeadFitOptions
{
    /// <summary>Threads at most, at least 1; the result is the same for every number. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where to go on, or null to begin. The head is then the same, bit for bit, as without the interruption.</summary>
    public HeadCheckpoint? ResumeFrom { get; init; }

    /// <summary>Called after each epoch; false ends the training. Default: none.</summary>
    public Func<HeadProgress, bool>? OnEpoch { get; init; }
}
