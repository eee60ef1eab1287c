// A borrowed callable: two words, no allocation. It must not outlive the call that it is passed to.
//
//     void each(Thing thing, FunctionRef<void(Part)> found);
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace idun {

template <typename Signature>
class FunctionRef;

template <typename R, typename... Arguments>
class FunctionRef<R(Arguments...)> {
public:
    template <typename F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, Arguments...>)
    FunctionRef(F&& callable)  // NOLINT: made in passing
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
          call_([](void* object, Arguments... arguments) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Arguments>(arguments)...);
          }) {}

    R operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

private:
    void* object_;
    R (*call_)(void*, Arguments...);
};

}  // namespace idun
