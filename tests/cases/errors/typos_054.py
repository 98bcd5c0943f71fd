new C()
