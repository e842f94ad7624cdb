using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>
/// Records every prediction without adding to its latency. <see cref="TryWrite"/> copies it into a mapped file, without a lock, a system call or garbage; a pump
/// (<see cref="RunAsync"/>) moves it from there to a topic, in order and exactly once, also over crashes.
/// </summary>
/// <remarks>
/// What is lost, and what is not: a prediction for which <see cref="TryWrite"/> has returned true outlives the process, however it ends (<c>kill -9</c> at any instant), for the mapped pages are
/// the operating system's. A power cut, or a crash of the operating system, can take what was recorded within the last <see cref="PredictionLogOptions.FlushInterval"/> and is not yet
/// in the topic. From then on a prediction is as durable as the topic's options ask. One process at a time has the directory open. Safe for use from several threads.
/// </remarks>
public sealed class PredictionLog : IAsyncDisposable
{
    private readonly PredictionLogOptions _options;
    private readonly PredictionJournal _journal;
    private readonly PredictionPump _pump;
    private long _dropped;

    private PredictionLog(PredictionLogOptions options, PredictionJournal journal, PredictionPump pump) => (_options, _journal, _pump) = (options, journal, pump);

    /// <summary>Where it stands.</summary>
    public PredictionLogStatus Status => new(_journal.UnmovedBytes, _journal.Segments, _pump.Moved, Interlocked.Read(ref _dropped), _pump.Error);

    /// <summary>Opens the log. What an earlier process has left in the journal is moved first, once <see cref="RunAsync"/> or <see cref="DrainAsync"/> is called.</summary>
    /// <param name="directory">The journal's folder, made where it does not exist; in a data directory, <c>serving/predictions</c>.</param>
    /// <param name="topics">The topic log; the topic is made where it does not exist.</param>
    /// <param name="options">Options; null means the defaults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Names the journal.</param>
    /// <param name="logs">Where it writes its log lines.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TarnException">InvalidInput: an option is out of its range. Conflict: another process has the directory open. Unavailable: the disk is full or fails.</exception>
    public static async Task<PredictionLog> OpenAsync(
        string directory, TopicLog topics, PredictionLogOptions? options, TimeProvider time, IdSource ids, ILoggerFactory logs, CancellationToken cancellation = default)
    {
        options ??= new PredictionLogOptions();
        options.Validate();
        await PredictionTopics.EnsureAsync(topics, options.Topic, cancellation).ConfigureAwait(false);
        var log = logs.CreateLogger<PredictionLog>();
        var journal = new PredictionJournal(directory, options, time, ids, log);
        return new PredictionLog(options, journal, new PredictionPump(journal, topics, options, time, log));
    }

    /// <summary>
    /// Records a prediction. Allocates nothing; what takes time is copying (and, of payloads that are not kept, their SHA-256). Where a file of the journal is full and the next one is not
    /// yet made, it is made here.
    /// </summary>
    /// <param name="entry">The prediction.</param>
    /// <returns>True: it is recorded. False: the journal may take no more (<see cref="PredictionLogOptions.MaxUnmovedBytes"/>, a full disk), or is closed; the prediction is counted as dropped.</returns>
    [SkipLocalsInit]
    public bool TryWrite(in PredictionEntry entry)
    {
        Span<byte> head = stackalloc byte[RecordLayout.MaxHeadBytes];
        Span<byte> inputsHash = stackalloc byte[RecordLayout.HashedBytes];
        Span<byte> outputsHash = stackalloc byte[RecordLayout.HashedBytes];
        var inputs = StoredPayload.Of(entry.InputsKind, entry.Inputs, _options.KeepInputs, _options.MaxInputBytes, inputsHash);
        var outputs = StoredPayload.Of(entry.OutputsKind, entry.Outputs, keep: true, _options.MaxOutputBytes, outputsHash);
        var length = RecordLayout.WriteHead(entry, inputs, outputs, head);
        if (_journal.TryWrite(head[..length], inputs.Bytes, outputs.Bytes))
        {
            return true;
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>Records a prediction, or does with one that cannot be recorded what <see cref="PredictionLogOptions.WhenFull"/> says.</summary>
    /// <param name="entry">The prediction.</param>
    /// <exception cref="TarnException">Unavailable: it is not recorded, and is not to be answered.</exception>
    public void Write(in PredictionEntry entry)
    {
        if (!TryWrite(entry) && _options.WhenFull == WhenJournalFull.Refuse)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                FormattableString.Invariant($"Predictions are answered that can be recorded, and the journal has {_options.MaxUnmovedBytes} bytes that are not yet in topic {_options.Topic}, or its disk is full."),
                _pump.Error,
                "Find out why the topic takes nothing (the server's log says so); or raise MaxUnmovedBytes, or let WhenFull be Drop.");
        }
    }

    /// <summary>Moves predictions to the topic until cancelled, then returns. Where the topic fails it tries again, after 1 second, then 2, 4 and so on up to a minute.</summary>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(CancellationToken cancellation) => _pump.RunAsync(cancellation);

    /// <summary>Moves what was recorded before the call to the topic.</summary>
    /// <param name="cancellation">Ends it between two appends.</param>
    /// <exception cref="TarnException">What the topic log throws; what was not moved stays in the journal.</exception>
    public Task DrainAsync(CancellationToken cancellation = default) => _pump.DrainAsync(cancellation);

    /// <summary>Closes the journal: nothing is recorded any more, what is there is on the disk. End <see cref="RunAsync"/> before.</summary>
    public async ValueTask DisposeAsync() => await _pump.CloseAsync().ConfigureAwait(false);
}

/// <summary>Where a prediction log stands.</summary>
/// <param name="UnmovedBytes">Bytes of the journal that are not yet in the topic; of files that an earlier process left, all their room counts.</param>
/// <param name="Segments">Files of the journal that hold or will hold them.</param>
/// <param name="Moved">Predictions that this process has moved to the topic.</param>
/// <param name="Dropped">Predictions that were not recorded since it was opened.</param>
/// <param name="Error">Why the topic takes nothing at the moment; null where it does.</param>
public sealed record PredictionLogStatus(long UnmovedBytes, int Segments, long Moved, long Dropped, string? Error);
