using System.Collections.Immutable;

namespace Tarn.Serving;

/// <summary>
/// Which services can be asked at the moment, by name; the empty name is the whole server. Whoever knows sets it, and whoever watches hears of each change.
/// Safe for use from several threads.
/// </summary>
internal sealed class ServingStates
{
    private readonly Lock _gate = new();
    private volatile Snapshot _current = new([]);

    /// <summary>The states as they are, and as they stay in this object.</summary>
    public Snapshot Current => _current;

    /// <summary>Says of a service whether it can be asked.</summary>
    public void Set(string service, bool serving) => Change(states => states.SetItem(service, serving));

    /// <summary>Says of all services at once whether they can be asked; others there are not any more.</summary>
    public void SetAll(IReadOnlyDictionary<string, bool> services) =>
        Change(states => states.SetItems(services).RemoveRange(states.Keys.Where(name => !services.ContainsKey(name))));

    /// <summary>Says that there is no such service any more.</summary>
    public void Remove(string service) => Change(states => states.Remove(service));

    /// <summary>Says of all services that they cannot be asked: the server stops.</summary>
    public void StopAll() => Change(static states => states.ToImmutableDictionary(static s => s.Key, static _ => false));

    private void Change(Func<ImmutableDictionary<string, bool>, ImmutableDictionary<string, bool>> change)
    {
        Snapshot past;
        lock (_gate)
        {
            past = _current;
            var states = change(past.States);
            if (states == past.States)
            {
                return;
            }

            _current = new Snapshot(states);
        }

        past.EndAsChanged();
    }

    /// <summary>The states at one moment.</summary>
    internal sealed class Snapshot(ImmutableDictionary<string, bool> states)
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether each can be asked.</summary>
        public ImmutableDictionary<string, bool> States => states;

        /// <summary>Ends when the states are others.</summary>
        public Task Changed => _changed.Task;

        internal void EndAsChanged() => _changed.SetResult();
    }
}
