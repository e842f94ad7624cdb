using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace Tarn.Pipelines;

/// <summary>A task's delegate with where each of its parameters comes from.</summary>
internal sealed class TaskCode
{
    private readonly Delegate _delegate;
    private readonly Func<AttemptScope, object?>[] _parameters;

    private TaskCode(Delegate run, Func<AttemptScope, object?>[] parameters)
    {
        _delegate = run;
        _parameters = parameters;
    }

    /// <summary>Finds a source for each parameter; what has none is an error where <paramref name="services"/> can tell.</summary>
    public static TaskCode Bind(Delegate run, IServiceProviderIsService? services, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        var method = run.Method;
        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
        {
            found.Add("its code is 'async void', whose end nobody can await; return Task");
        }

        // Delegates made by Expression.Compile and static ones with a bound first argument carry a hidden parameter: DynamicInvoke knows.
        var parameters = run.GetType().GetMethod("Invoke")!.GetParameters();
        var named = method.GetParameters();
        var sources = new Func<AttemptScope, object?>[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = named.Length == parameters.Length ? named[i] : parameters[i];
            sources[i] = SourceOf(parameter);
            if (services is not null && !IsKnown(parameter, services))
            {
                found.Add($"the parameter '{parameter.ParameterType.Name} {parameter.Name}' is neither a registered service nor TaskContext, DataInterval, IServiceProvider or CancellationToken");
            }
        }

        errors = found;
        return new TaskCode(run, sources);
    }

    /// <summary>Calls the code and waits for what it returns.</summary>
    public async Task InvokeAsync(AttemptScope scope)
    {
        var arguments = new object?[_parameters.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _parameters[i](scope);
        }

        switch (Invoke(arguments))
        {
            case Task task:
                await task;
                break;
            case ValueTask task:
                await task;
                break;
            case { } value when value.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ValueTask<>):
                await (Task)type.GetMethod(nameof(ValueTask<int>.AsTask))!.Invoke(value, null)!;
                break;
        }
    }

    private object? Invoke(object?[] arguments)
    {
        try
        {
            return _delegate.DynamicInvoke(arguments);
        }
        catch (TargetInvocationException error) when (error.InnerException is { } inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static bool IsKnown(ParameterInfo parameter, IServiceProviderIsService services)
    {
        var type = parameter.ParameterType;
        if (IsOwn(type) || parameter.HasDefaultValue)
        {
            return true;
        }

        return parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed
            ? services is not IServiceProviderIsKeyedService keyedServices || keyedServices.IsKeyedService(type, keyed.Key)
            : services.IsService(type);
    }

    private static bool IsOwn(Type type) =>
        type == typeof(TaskContext) || type == typeof(DataInterval) || type == typeof(CancellationToken) || type == typeof(IServiceProvider);

    private static Func<AttemptScope, object?> SourceOf(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type == typeof(TaskContext))
        {
            return static scope => scope.Context;
        }

        if (type == typeof(DataInterval))
        {
            return static scope => scope.Context.DataInterval;
        }

        if (type == typeof(CancellationToken))
        {
            return static scope => scope.Context.CancellationToken;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
        {
            return scope => scope.Services.GetRequiredKeyedService(type, keyed.Key);
        }

        return parameter.HasDefaultValue
            ? scope => scope.Services.GetService(type) ?? parameter.DefaultValue
            : scope => scope.Services.GetRequiredService(type);
    }
}

/// <summary>What an attempt's parameters are taken from.</summary>
internal readonly record struct AttemptScope(IServiceProvider Services, TaskContext Context);
