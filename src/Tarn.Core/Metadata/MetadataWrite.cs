using System.Data.Common;

namespace Tarn.Core;

/// <summary>A write that waits for its turn, or its outcome for the commit.</summary>
internal abstract class MetadataWrite(WriteDurability durability)
{
    private static readonly AsyncLocal<bool> Inside = new();

    /// <summary>Whether the current flow is a write's own work.</summary>
    public static bool IsInside => Inside.Value;

    public WriteDurability Durability => durability;

    /// <summary>Whether its own work threw: nothing of it may be committed.</summary>
    public bool Failed { get; protected set; }

    /// <summary>Whether its task has ended.</summary>
    public bool Done { get; private set; }

    /// <summary>Does its work; an error of the store itself comes out, any other stays with the write.</summary>
    public abstract Task RunAsync(MetadataTransaction transaction);

    /// <summary>Its work did not throw, and yet cannot be kept.</summary>
    public void Refuse(Exception error)
    {
        Fail(error);
        Failed = true;
    }

    /// <summary>Replaces the outcome by the failure of the commit, unless its own work had failed before.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Tells the outcome to who waits for it.</summary>
    public void Complete()
    {
        Done = true;
        Tell();
    }

    /// <summary>Marks the flow of the caller, an asynchronous method, until it returns.</summary>
    protected static void Enter() => Inside.Value = true;

    protected abstract void Tell();
}

internal sealed class MetadataWrite<T>(
    Func<DbConnection, DbTransaction, Task<T>> write,
    WriteDurability durability,
    MetadataStore store,
    CancellationToken cancellation) : MetadataWrite(durability)
{
    private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    public Task<T> Task => _outcome.Task;

    public override async Task RunAsync(MetadataTransaction transaction)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            Enter();
            _result = await write(transaction.Connection, transaction.Transaction);
        }
        catch (Exception error) when (error is DbException or InvalidOperationException && store.FaultOf(error) is not null)
        {
            throw;
        }
        catch (Exception error)
        {
            // Whatever the caller's own delegate throws belongs to the caller: it is handed to the task that he waits for.
            _error = error;
            Failed = true;
        }
    }

    public override void Fail(Exception error) => _error ??= error;

    protected override void Tell()
    {
        switch (_error)
        {
            case null:
                _outcome.SetResult(_result!);
                break;
            case OperationCanceledException when cancellation.IsCancellationRequested:
                _outcome.SetCanceled(cancellation);
                break;
            default:
                _outcome.SetException(_error);
                break;
        }
    }
}
