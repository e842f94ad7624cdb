using System.Threading.Tasks.Sources;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// One call of a model: its input tensors, and after the run its output tensors and what that took. Made once and used for one call after another (<see cref="LoadedModel.Rent"/>,
/// <see cref="Dispose"/>); a call makes no garbage.
/// </summary>
internal sealed class InferenceRequest : IValueTaskSource, IDisposable
{
    // Asynchronously: who completes it is an instance that has other requests to see to.
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };
    private bool _isOpen;

    public InferenceRequest(LoadedModel model)
    {
        Model = model;
        Inputs = Make(model.Inputs.Length);
        Outputs = Make(model.Outputs.Length);
        Wanted = new bool[model.Outputs.Length];
        Array.Fill(Wanted, true);
    }

    public LoadedModel Model { get; }

    /// <summary>A tensor for each of the model's inputs, in its order.</summary>
    public TensorData[] Inputs { get; }

    /// <summary>A tensor for each of the model's outputs, in its order; set by the run.</summary>
    public TensorData[] Outputs { get; }

    /// <summary>Which outputs the caller wants. The model computes all; the others are not sent.</summary>
    public bool[] Wanted { get; }

    /// <summary>Why there is no answer: set in place of the outputs, and not thrown, so that refusing a flood of requests stays cheap.</summary>
    public TarnException? Failure { get; set; }

    /// <summary>1 is the most urgent; 0 means the model's default.</summary>
    public int Priority { get; set; }

    /// <summary>How long it may wait in the queue; null for the model's own limit.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Says that nobody waits for the answer any more; asked before it is run from the queue.</summary>
    public CancellationToken Aborted { get; set; }

    /// <summary>How many rows it has along the first dimension of a model that takes batches; else 1.</summary>
    public int Rows { get; set; } = 1;

    /// <summary>Rows that were run together with it, its own among them.</summary>
    public int BatchRows { get; set; }

    /// <summary>Whether the answer came from the cache of results, or from a call that was under way with the same inputs.</summary>
    public bool IsFromCache { get; set; }

    /// <summary>When its inputs began to be read, and when they were: timestamps of the clock; 0 where nobody said.</summary>
    public long ReadFrom { get; private set; }

    /// <inheritdoc cref="ReadFrom"/>
    public long ReadAt { get; private set; }

    /// <summary>When it was queued or began, and when its run began and ended: timestamps of the clock; 0 where it did not come to that.</summary>
    public long QueuedAt { get; set; }

    /// <inheritdoc cref="QueuedAt"/>
    public long StartedAt { get; set; }

    /// <inheritdoc cref="QueuedAt"/>
    public long ComputedAt { get; set; }

    /// <inheritdoc cref="QueuedAt"/>
    public long EndedAt { get; set; }

    /// <summary>When its time in the queue is over, a timestamp.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>The next one in the queue.</summary>
    public InferenceRequest? Next { get; set; }

    /// <summary>Whether it is not to be run any more: its time is over, or nobody waits for it.</summary>
    public bool IsGone(long now) => now >= ExpiresAt || Aborted.IsCancellationRequested;

    /// <summary>Counts the time of reading its inputs, which ends now.</summary>
    /// <param name="began">When that began, a timestamp.</param>
    public void RecordRead(long began)
    {
        (ReadFrom, ReadAt) = (began, Model.Now());
        Model.Stats.RecordInput(ReadAt - began);
    }

    /// <summary>Runs the model; see <see cref="LoadedModel.RunAsync"/>.</summary>
    public ValueTask RunAsync() => Model.RunAsync(this);

    /// <summary>Makes it ready to be waited for.</summary>
    public ValueTask Waiting()
    {
        _completion.Reset();
        return new ValueTask(this, _completion.Version);
    }

    /// <summary>Wakes who waits.</summary>
    public void Complete() => _completion.SetResult(true);

    /// <summary>Makes it a new call's.</summary>
    public InferenceRequest Open()
    {
        _isOpen = true;
        return this;
    }

    /// <summary>Gives it back, with its tensors' memory, once its run has ended. The model's lease is the caller's to release.</summary>
    public void Dispose()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        foreach (var tensor in Inputs)
        {
            tensor.Clear();
        }

        ClearOutputs();
        Array.Fill(Wanted, true);
        (Failure, Priority, Timeout, Aborted, Rows, BatchRows, IsFromCache) = (null, 0, null, default, 1, 0, false);
        (QueuedAt, StartedAt, ComputedAt, EndedAt, ExpiresAt) = (0, 0, 0, 0, 0);
        (ReadFrom, ReadAt) = (0, 0);
        Model.Return(this);
    }

    public void ClearOutputs()
    {
        foreach (var tensor in Outputs)
        {
            tensor.Clear();
        }
    }

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _completion.OnCompleted(continuation, state, token, flags);

    private static TensorData[] Make(int count)
    {
        var tensors = new TensorData[count];
        for (var i = 0; i < count; i++)
        {
            tensors[i] = new TensorData();
        }

        return tensors;
    }
}
